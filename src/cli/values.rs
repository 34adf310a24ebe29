//! What the value of a flag may be, where it is neither any text nor one of a few words.

use std::ops::RangeInclusive;

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
}
