//! The ten ways to pay and their channels.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A way to pay, as the till names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// National QR standard, any bank or wallet app.
    Qris,
    /// `GoPay` wallet.
    Gopay,
    /// OVO wallet: a push to the customer's phone.
    Ovo,
    /// DANA wallet.
    Dana,
    /// `ShopeePay` wallet.
    Shopeepay,
    /// Virtual account at BCA.
    VaBca,
    /// Virtual account at BNI.
    VaBni,
    /// Virtual account at BRI.
    VaBri,
    /// Virtual account (or bill) at Mandiri.
    VaMandiri,
    /// Credit or debit card, by hosted page or token.
    CreditCard,
}

/// The family a method belongs to (seed's `channel_code`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// A QR code.
    QrCode,
    /// An electronic wallet.
    Ewallet,
    /// A virtual account number at a bank.
    VirtualAccount,
    /// Cards.
    Cards,
}

/// A method nobody has heard of.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown payment method")]
pub struct UnknownMethod;

impl Method {
    /// Every method, in the order in which they are shown.
    pub const ALL: [Self; 10] = [
        Self::Qris,
        Self::Gopay,
        Self::Ovo,
        Self::Dana,
        Self::Shopeepay,
        Self::VaBca,
        Self::VaBni,
        Self::VaBri,
        Self::VaMandiri,
        Self::CreditCard,
    ];

    /// The name used by tills and stores: `qris`, `va_bca`, ...
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Qris => "qris",
            Self::Gopay => "gopay",
            Self::Ovo => "ovo",
            Self::Dana => "dana",
            Self::Shopeepay => "shopeepay",
            Self::VaBca => "va_bca",
            Self::VaBni => "va_bni",
            Self::VaBri => "va_bri",
            Self::VaMandiri => "va_mandiri",
            Self::CreditCard => "credit_card",
        }
    }

    /// The family it belongs to.
    #[must_use]
    pub const fn channel(self) -> Channel {
        match self {
            Self::Qris => Channel::QrCode,
            Self::Gopay | Self::Ovo | Self::Dana | Self::Shopeepay => Channel::Ewallet,
            Self::VaBca | Self::VaBni | Self::VaBri | Self::VaMandiri => Channel::VirtualAccount,
            Self::CreditCard => Channel::Cards,
        }
    }
}

impl Channel {
    /// The name used by tills and stores: `QR_CODE`, `EWALLET`, `VIRTUAL_ACCOUNT`, `CARDS`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::QrCode => "QR_CODE",
            Self::Ewallet => "EWALLET",
            Self::VirtualAccount => "VIRTUAL_ACCOUNT",
            Self::Cards => "CARDS",
        }
    }
}

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|method| method.code() == text).ok_or(UnknownMethod)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_and_no_other() {
        for method in Method::ALL {
            assert_eq!(method.code().parse(), Ok(method));
        }
        for text in ["", "QRIS", " qris", "cash", "gopay\0"] {
            assert_eq!(text.parse::<Method>(), Err(UnknownMethod), "{text:?}");
        }
    }
}
