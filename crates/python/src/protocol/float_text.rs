//! Floats as text.

/// `repr(value)`: the shortest text that reads back as the value.
#[must_use]
pub fn repr(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) || value == 0.0 {
        let text = format!("{value}");
        return if text.contains('.') { text } else { format!("{text}.0") };
    }
    format!("{mantissa}e{}", signed_exponent(exponent))
}

fn signed_exponent(exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{:02}", exponent.unsigned_abs())
}

/// With so many digits behind the point: `f`.
#[must_use]
pub fn fixed(value: f64, precision: usize, alternate: bool) -> String {
    let mut text = format!("{value:.precision$}");
    if alternate && precision == 0 {
        text.push('.');
    }
    text
}

/// With an exponent: `e`.
#[must_use]
pub fn scientific(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{mantissa}e{}", signed_exponent(exponent.parse().unwrap_or(0)))
}

/// With so many digits in all, and an exponent if the number asks for one: `g`.
#[must_use]
pub fn general(value: f64, precision: usize, alternate: bool, point: bool) -> String {
    let precision = precision.max(1);
    if value == 0.0 {
        let zero = if value.is_sign_negative() { "-0" } else { "0" };
        return if point { format!("{zero}.0") } else { zero.into() };
    }
    let text = format!("{value:.*e}", precision - 1);
    let (_, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let limit = i32::try_from(precision).unwrap_or(i32::MAX);
    let strip = |text: String| {
        if alternate || !text.contains('.') {
            text
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        }
    };
    if exponent < -4 || exponent >= limit {
        let text = scientific(value, precision - 1);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "+00"));
        return format!("{}e{exponent}", strip(mantissa.to_string()));
    }
    let digits = usize::try_from(limit - 1 - exponent).unwrap_or(0);
    let text = strip(format!("{value:.digits$}"));
    if point && !text.contains('.') { format!("{text}.0") } else { text }
}
