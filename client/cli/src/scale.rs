//! The USB scale of a mail room: found, read until it has settled.
//!
//! Not here: what the bytes of its report mean (`postal::scale`).

use std::time::Duration;

use anyhow::{Context, Result, bail};
use hidapi::{HidApi, HidDevice};
use postal::scale::{ScaleError, milligrams};
use postal::weight;

use crate::clock::Stopwatch;
use crate::console::Console;

/// HID usage page of weighing devices.
const WEIGHING: u16 = 0x8D;
/// How long it may take to put a piece on the scale and leave it alone.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one report is waited for, milliseconds.
const REPORT_MS: i32 = 1_000;
/// Longer than any report of a scale.
const REPORT_BYTES: usize = 64;

/// The weight of what lies on the scale, as ounces with two decimals.
///
/// # Errors
/// No scale, or one that says why it has no weight.
pub(crate) fn weigh(console: &Console) -> Result<String> {
    let api = HidApi::new().context("the system lists no USB devices")?;
    let scale = api
        .device_list()
        .find(|device| device.usage_page() == WEIGHING)
        .context("no USB scale was found: connect it, or give the weight with --weight")?;
    let name = scale.product_string().unwrap_or("scale").to_owned();
    let device = scale
        .open_device(&api)
        .with_context(|| format!("open the {name}: may this user read its device file?"))?;
    let spinner = console.spinner("weighing");
    let watch = Stopwatch::start();
    let read = settled(|report| read_report(&device, report), || watch.elapsed());
    spinner.finish_and_clear();
    let hundredths = weight::ounces_hundredths(read.with_context(|| name)?)?;
    Ok(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

fn read_report(device: &HidDevice, report: &mut [u8]) -> Result<usize> {
    Ok(device.read_timeout(report, REPORT_MS)?)
}

/// Milligrams, once the scale has a weight; what passes by itself is waited for.
fn settled(
    read: impl Fn(&mut [u8]) -> Result<usize>,
    elapsed: impl Fn() -> Duration,
) -> Result<u32> {
    let mut why = None;
    while elapsed() < PATIENCE {
        let mut report = [0; REPORT_BYTES];
        let length = read(&mut report)?;
        match milligrams(report.get(..length).unwrap_or_default()) {
            Ok(milligrams) => return Ok(milligrams),
            Err(
                error @ (ScaleError::Empty
                | ScaleError::InMotion
                | ScaleError::Short { .. }
                | ScaleError::Report { .. }),
            ) => why = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    match why {
        Some(error) => Err(error.into()),
        None => bail!("the scale said nothing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// What a scale says, report by report, a second each.
    fn told(reports: &[&[u8]]) -> Result<u32> {
        let left = RefCell::new(reports.iter());
        let passed = RefCell::new(0);
        let read = |buffer: &mut [u8]| {
            *passed.borrow_mut() += 1;
            let report = left.borrow_mut().next().copied().unwrap_or_default();
            buffer[..report.len()].copy_from_slice(report);
            Ok(report.len())
        };
        settled(read, || Duration::from_secs(*passed.borrow()))
    }

    #[test]
    fn a_scale_is_read_until_it_has_settled() {
        // Grams, exponent 0: 12 g.
        let weight: &[u8] = &[3, 4, 2, 0, 12, 0];
        let (empty, moving, overload) = (
            &[3, 2, 2, 0, 0, 0][..],
            &[3, 3, 2, 0, 9, 0][..],
            &[3, 6, 2, 0, 0, 0][..],
        );
        assert_eq!(told(&[weight]).unwrap(), 12_000);
        assert_eq!(told(&[empty, moving, &[], weight]).unwrap(), 12_000);
        let error = told(&[moving, overload, weight]).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&ScaleError::Overload));
        let error = told(&[empty; 40]).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&ScaleError::Empty));
    }
}
