//! `GET /v2/qris/{id}/qr-code`: the picture that a till shows which does not draw QR codes itself.

use std::io::Cursor;

use actix_web::HttpResponse;
use fast_qr::{ECL, QRBuilder, QRCode};

use crate::faults::Sent;
use crate::ledger::{Charge, Method};
use crate::provider::Provider;
use crate::qris;
use crate::sandbox::Sandbox;

/// Pixels that a module of the code is wide.
const MODULE_PIXELS: usize = 8;
/// Modules of light around the code (ISO/IEC 18004).
const BORDER_MODULES: usize = 4;
const DARK: u8 = 0;
const LIGHT: u8 = 255;

/// The picture, for whoever knows the transaction's id.
pub(super) fn show(sandbox: &Sandbox, id: &str) -> Sent {
    let (found, _mark) = sandbox.with_books(|pen| {
        pen.charge(id).filter(|charge| charge.provider == Provider::Midtrans && charge.id == id).cloned()
    });
    let drawn = found.and_then(|charge| draw(&text(sandbox, &charge)?));
    match drawn {
        Some(file) => Sent { status: Some(200), response: HttpResponse::Ok().content_type("image/png").body(file) },
        None => Sent { status: Some(404), response: HttpResponse::NotFound().finish() },
    }
}

/// What the code says. `GoPay` shows its transactions as codes too, and nowhere else.
fn text(sandbox: &Sandbox, charge: &Charge) -> Option<String> {
    match charge.method {
        Method::Qris => Some(charge.artefact.clone()),
        Method::Gopay => {
            let merchant = sandbox.midtrans_merchants().iter().find(|merchant| merchant.name == charge.account)?;
            let amount = charge.amount.as_ref()?;
            Some(qris::code_of_gopay(&merchant.merchant_id, &merchant.nmid, amount, &charge.id))
        }
        Method::Ovo
        | Method::Dana
        | Method::Shopeepay
        | Method::VaBca
        | Method::VaBni
        | Method::VaBri
        | Method::VaMandiri
        | Method::Card
        | Method::CardPage => None,
    }
}

fn draw(text: &str) -> Option<Vec<u8>> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let side = (code.size + 2 * BORDER_MODULES) * MODULE_PIXELS;
    let mut file = Cursor::new(Vec::new());
    let width = u32::try_from(side).ok()?;
    let mut encoder = png::Encoder::new(&mut file, width, width);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels(&code, side)).ok()?;
    writer.finish().ok()?;
    Some(file.into_inner())
}

fn pixels(code: &QRCode, side: usize) -> Vec<u8> {
    let module = |pixel: usize| (pixel / MODULE_PIXELS).checked_sub(BORDER_MODULES).filter(|at| *at < code.size);
    let is_dark = |row: usize, column: usize| {
        let place = module(row).zip(module(column)).map(|(row, column)| row * code.size + column);
        place.and_then(|place| code.data.get(place)).is_some_and(|module| module.value())
    };
    (0..side * side).map(|at| if is_dark(at / side, at % side) { DARK } else { LIGHT }).collect()
}
