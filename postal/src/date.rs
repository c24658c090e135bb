//! Dates as the payload carries them: an integer whose decimal form is YYYYMMDD.
//!
//! Not here: today, time zones, the mailing-date window (the box's rule). Called where a date enters.

/// Whether `date` (decimal YYYYMMDD, Gregorian) names a day that exists, in the years 1970 to 9999.
///
/// Two such dates compare as the integers do.
pub const fn is_date(date: u32) -> bool {
    let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
    year >= 1970 && year <= 9999 && day >= 1 && day <= days_in(year, month)
}

/// Days in the month; 0 for a month that does not exist.
const fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn a_date_is_a_day_of_the_calendar() {
        let cases = [
            (20250713, true),
            (20240229, true),
            (20250229, false),
            (20000229, true),
            (21000229, false),
            (20251231, true),
            (20251301, false),
            (20250001, false),
            (20250100, false),
            (20250431, false),
            (19691231, false),
            (19700101, true),
            (99991231, true),
            (100000101, false),
            (0, false),
            (u32::MAX, false),
        ];
        for (date, expected) in cases {
            assert_eq!(is_date(date), expected, "{date}");
        }
    }
}
