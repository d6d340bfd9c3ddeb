//! QR codes as pictures: SVG for screens, PNG for whoever cannot show that. The same text always gives
//! the same bytes.

use std::fmt;

use fast_qr::convert::Builder as _;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::{ECL, QRBuilder, QRCode};
use thiserror::Error;

/// Longest text that is drawn. A QRIS text has 512 characters at most (EMV merchant-presented mode);
/// checkout links may be longer, and beyond this a phone no longer reads them well.
pub const QR_TEXT_BYTES_MAX: usize = 1_024;
/// Light border on each side, as wide as readers need it (ISO/IEC 18004).
pub const QUIET_ZONE_MODULES: usize = 4;
/// Width of one module in the PNG: 520 pixels in all for a usual QRIS text.
pub const MODULE_PIXELS: usize = 8;

const LIGHT: u8 = 0xFF;
const DARK: u8 = 0x00;

/// A text as a QR code, ready to be drawn.
#[derive(Clone)]
pub struct QrImage(Box<QRCode>);

/// Why a text cannot be drawn.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum QrImageError {
    /// Nothing to draw.
    #[error("the QR text is empty")]
    Empty,
    /// More than is drawn.
    #[error("the QR text is longer than {QR_TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// The PNG was not written.
    #[error("could not encode the QR code as PNG")]
    Png(#[from] png::EncodingError),
}

impl QrImage {
    /// Encodes a text, so that it survives the loss of 15 % of its area.
    ///
    /// # Errors
    /// [`QrImageError::Empty`] and [`QrImageError::TooLong`].
    pub fn of(text: &str) -> Result<Self, QrImageError> {
        if text.is_empty() {
            return Err(QrImageError::Empty);
        }
        if text.len() > QR_TEXT_BYTES_MAX {
            return Err(QrImageError::TooLong);
        }
        let code = QRBuilder::new(text).ecl(ECL::M).build().map_err(|_too_long| QrImageError::TooLong)?;
        Ok(Self(Box::new(code)))
    }

    /// How many modules it is wide and high, its border included.
    #[must_use]
    pub fn modules(&self) -> usize {
        self.0.size + 2 * QUIET_ZONE_MODULES
    }

    /// An SVG document that scales to any size: black on white, its border included.
    #[must_use]
    pub fn svg(&self) -> String {
        SvgBuilder::default().margin(QUIET_ZONE_MODULES).to_str(&self.0)
    }

    /// A PNG of 8-bit grey, [`MODULE_PIXELS`] a module.
    ///
    /// # Errors
    /// [`QrImageError::Png`], which no text that was accepted is known to cause.
    pub fn png(&self) -> Result<Vec<u8>, QrImageError> {
        let side_pixels = self.modules() * MODULE_PIXELS;
        let side = u32::try_from(side_pixels).map_err(|_too_wide| QrImageError::TooLong)?;
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels())?;
        writer.finish()?;
        Ok(file)
    }

    /// All pixels, row by row.
    fn pixels(&self) -> Vec<u8> {
        let side_pixels = self.modules() * MODULE_PIXELS;
        let border = vec![LIGHT; QUIET_ZONE_MODULES * MODULE_PIXELS];
        let blank_rows = vec![LIGHT; QUIET_ZONE_MODULES * MODULE_PIXELS * side_pixels];
        let mut pixels = blank_rows.clone();
        for modules in self.0.data.chunks_exact(self.0.size).take(self.0.size) {
            let mut row = border.clone();
            for module in modules {
                row.extend([if module.value() { DARK } else { LIGHT }; MODULE_PIXELS]);
            }
            row.extend(&border);
            pixels.extend(row.repeat(MODULE_PIXELS));
        }
        pixels.extend(blank_rows);
        pixels
    }
}

impl fmt::Debug for QrImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrImage").field("modules", &self.modules()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A QRIS text of a usual length, and one of the longest that is drawn.
    fn texts() -> [String; 3] {
        let usual = format!("00020101021226570011ID.DANA.WWW{}", "0118936009153".repeat(14));
        ["1".to_owned(), usual, "https://pay.example/é/".repeat(46).chars().take(980).collect()]
    }

    struct Picture {
        side: usize,
        pixels: Vec<u8>,
    }

    fn decode_png(file: &[u8]) -> Picture {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Grayscale, png::BitDepth::Eight));
        assert_eq!(info.width, info.height);
        Picture { side: usize::try_from(info.width).unwrap(), pixels }
    }

    /// The modules that an SVG of unit squares fills.
    fn dark_modules_of_svg(svg: &str) -> Vec<(usize, usize)> {
        let path = svg.split_once(r#"<path d="M"#).unwrap().1.split_once('"').unwrap().0;
        let squares = path.split('M').map(|square| square.strip_suffix("h1v1h-1").unwrap().split_once(',').unwrap());
        squares.map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).collect()
    }

    #[test]
    fn a_reader_reads_from_the_png_what_was_written() {
        for text in texts() {
            let picture = decode_png(&QrImage::of(&text).unwrap().png().unwrap());
            let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(picture.side, picture.side, |x, y| {
                picture.pixels[y * picture.side + x]
            });
            let grids = prepared.detect_grids();
            assert_eq!(grids.len(), 1, "{text}");
            assert_eq!(grids[0].decode().unwrap().1, text);
        }
    }

    #[test]
    fn the_svg_shows_the_same_modules_as_the_png() {
        for text in texts() {
            let image = QrImage::of(&text).unwrap();
            let (svg, picture) = (image.svg(), decode_png(&image.png().unwrap()));
            assert!(svg.starts_with(&format!(r#"<svg viewBox="0 0 {0} {0}" xmlns="#, image.modules())), "{svg}");
            assert_eq!(picture.side, image.modules() * MODULE_PIXELS);
            let mut dark: Vec<(usize, usize)> = (0..image.modules())
                .flat_map(|y| (0..image.modules()).map(move |x| (x, y)))
                .filter(|(x, y)| picture.pixels[(y * picture.side + x) * MODULE_PIXELS] == DARK)
                .collect();
            let mut drawn = dark_modules_of_svg(&svg);
            dark.sort_unstable();
            drawn.sort_unstable();
            assert_eq!(drawn, dark);
        }
    }

    #[test]
    fn the_border_is_light() {
        let image = QrImage::of("x").unwrap();
        let picture = decode_png(&image.png().unwrap());
        let border = QUIET_ZONE_MODULES * MODULE_PIXELS;
        for (position, pixel) in picture.pixels.iter().enumerate() {
            let (x, y) = (position % picture.side, position / picture.side);
            let within = (border..picture.side - border).contains(&x) && (border..picture.side - border).contains(&y);
            assert!(within || *pixel == LIGHT, "({x}, {y})");
        }
    }

    #[test]
    fn the_same_text_gives_the_same_bytes() {
        for text in texts() {
            let [one, other] = [QrImage::of(&text).unwrap(), QrImage::of(&text).unwrap()];
            assert_eq!(one.svg(), other.svg());
            assert_eq!(one.png().unwrap(), other.png().unwrap());
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        assert!(matches!(QrImage::of(""), Err(QrImageError::Empty)));
        assert!(matches!(QrImage::of(&"x".repeat(QR_TEXT_BYTES_MAX + 1)), Err(QrImageError::TooLong)));
        assert!(QrImage::of(&"x".repeat(QR_TEXT_BYTES_MAX)).is_ok());
    }
}
