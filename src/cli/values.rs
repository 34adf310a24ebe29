//! What the value of a flag may be, where it is neither any text nor one of a few words.

use std::ops::RangeInclusive;
use std::time::Duration;

/// A whole number in these bounds.
pub fn whole<T: TryFrom<u64>>(
    bounds: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.parse().ok().filter(|number| bounds.contains(number));
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
            let (least, most) = (bounds.start(), bounds.end());
            match *most == u64::MAX {
                true => format!("must be a whole number, {least} or more"),
                false => format!("must be a whole number from {least} to {most}"),
            }
        })
    }
}

/// A time span such as `90s`, `15m`, `2h` or `1d`.
pub fn span(text: &str) -> Result<Duration, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
    let read = |(unit, seconds): (&str, u64)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(seconds).filter(|seconds| (1..=400 * 86_400).contains(seconds))
    };
    let seconds = units.into_iter().find_map(read);
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| "must be a time such as 90s, 15m, 2h or 1d, up to 400d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_out_of_bounds_is_told_what_it_may_be() {
        let small = whole::<u8>(0..=100);
        assert_eq!((small("0"), small("100")), (Ok(0), Ok(100)));
        for text in ["101", "-1", "", "x", "1.5", "99999999999999999999"] {
            assert_eq!(small(text), Err("must be a whole number from 0 to 100".to_owned()), "{text}");
        }
        assert_eq!(whole::<u64>(1..=u64::MAX)("0"), Err("must be a whole number, 1 or more".to_owned()));
    }

    #[test]
    fn a_span_is_a_number_with_its_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86_400), ("400d", 34_560_000)]
        {
            assert_eq!(span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "15", "m", "0m", "-1m", "1.5h", "401d", "15 m", "99999999999999999999d", "15M"] {
            assert!(span(text).is_err(), "{text}");
        }
    }
}
