//! The fields as one number of 102 bits, its check sequence, and the number as ten codewords.
//!
//! Not here: characters and bars. Called by `Imb`.

use super::characters::{CHARACTERS, CODEWORDS, Codewords};
use super::{Imb, ImbError, ImbFields, MailerId};
use crate::zip::Zip;

/// Bits of the number that the check sequence is made of.
const NUMBER_BITS: u32 = 102;

/// The generator polynomial of the check sequence, below its highest term (0xF35 without bit 11).
const CRC_GENERATOR: u16 = 0x735;

/// The eleven bits of the check sequence, and its first value.
const CRC_MASK: u16 = 0x7FF;

/// What codeword J counts by, before it is doubled.
const J_VALUES: u16 = 636;

/// What codeword A counts by, before check bit 10 is added to it.
const A_VALUES: u16 = 659;

/// Below this all 20 digits stand; the routing integer counts in multiples of it. The second digit is one
/// of five.
const TRACKING_VALUES: u128 = 10 * 5 * 10_u128.pow(18);

/// The number of a barcode.
pub(super) fn of(imb: &Imb) -> u128 {
    let ImbFields {
        barcode_id,
        service_type,
        mailer,
        serial,
        routing,
    } = imb.fields();
    let routing = u128::from(routing.map_or(0, Zip::routing));
    let serial_values = u128::from(mailer.imb_serial_max()) + 1;
    let mut number = routing * 10 + u128::from(barcode_id / 10);
    number = number * 5 + u128::from(barcode_id % 10);
    number = number * 1_000 + u128::from(service_type);
    // Mailer id and serial number have fifteen digits together.
    number = number * (10_u128.pow(15) / serial_values) + u128::from(mailer.number());
    number * serial_values + u128::from(serial)
}

/// The barcode of a number.
///
/// # Errors
/// [`ImbError::Routing`] where the digits of the routing code are those of no ZIP.
pub(super) fn fields(number: u128) -> Result<Imb, ImbError> {
    // What is left of at most 102 bits is far below 64 of them.
    let routing = Zip::from_routing((number / TRACKING_VALUES) as u64)?;
    let tracking = number % TRACKING_VALUES;
    let first = tracking / (5 * 10_u128.pow(18));
    let rest = tracking % (5 * 10_u128.pow(18));
    of_tracking(first * 10_u128.pow(19) + rest, routing)
}

/// The barcode of 20 digits and a routing code.
///
/// # Errors
/// [`ImbError::BarcodeId`] where the second digit is above 4.
pub(super) fn of_tracking(tracking: u128, routing: Option<Zip>) -> Result<Imb, ImbError> {
    // The first digit of the mailer id says how long it is, and any fifteen digits are one of the two.
    let fifteen = tracking % 10_u128.pow(15);
    let serial_values = if fifteen >= 9 * 10_u128.pow(14) {
        1_000_000
    } else {
        1_000_000_000
    };
    Imb::new(ImbFields {
        barcode_id: (tracking / 10_u128.pow(18)) as u8,
        service_type: (tracking / 10_u128.pow(15) % 1_000) as u16,
        mailer: MailerId::new((fifteen / serial_values) as u32)?,
        serial: (fifteen % serial_values) as u32,
        routing,
    })
}

/// The codewords of a number, with its check sequence in them.
pub(super) fn codewords(number: u128) -> Codewords {
    let crc = crc(number);
    let mut values = [0; CHARACTERS];
    values[CHARACTERS - 1] = (number % u128::from(J_VALUES)) as u16 * 2;
    let mut rest = number / u128::from(J_VALUES);
    for value in values[1..CHARACTERS - 1].iter_mut().rev() {
        *value = (rest % CODEWORDS as u128) as u16;
        rest /= CODEWORDS as u128;
    }
    values[0] = rest as u16 + if crc >> CHARACTERS == 1 { A_VALUES } else { 0 };
    Codewords {
        values,
        check_bits: crc & ((1 << CHARACTERS) - 1),
    }
}

/// The number of codewords that were read.
///
/// # Errors
/// [`ImbError::Codeword`] or [`ImbError::Crc`].
pub(super) fn of_codewords(read: Codewords) -> Result<u128, ImbError> {
    let [a, middle @ .., j] = read.values;
    let (a, check_bit) = match a.checked_sub(A_VALUES) {
        None => (a, 0),
        Some(a) => (a, 1 << CHARACTERS),
    };
    if a >= A_VALUES {
        return Err(ImbError::Codeword { index: 1 });
    }
    if j % 2 == 1 || j / 2 >= J_VALUES {
        return Err(ImbError::Codeword { index: CHARACTERS });
    }
    let number = middle.iter().fold(u128::from(a), |number, value| {
        number * CODEWORDS as u128 + u128::from(*value)
    });
    let number = number * u128::from(J_VALUES) + u128::from(j / 2);
    if crc(number) == read.check_bits | check_bit {
        Ok(number)
    } else {
        Err(ImbError::Crc)
    }
}

/// The check sequence of eleven bits over the number's 102 bits, highest bit first.
fn crc(number: u128) -> u16 {
    (0..NUMBER_BITS).rev().fold(CRC_MASK, |crc, bit| {
        let carry = crc >> 10 ^ (number >> bit & 1) as u16;
        let shifted = crc << 1 & CRC_MASK;
        if carry == 1 {
            shifted ^ CRC_GENERATOR
        } else {
            shifted
        }
    })
}
