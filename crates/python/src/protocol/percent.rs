//! `template % values`.

use super::describe::kind_name;
use super::float_text;
use super::number::Number;
use crate::objects::instance::{dict_of, text_of, tuple_of};
use crate::value::{Result, Value};
use crate::vm::Vm;

/// What stands between `%` and the letter.
#[derive(Default)]
struct Field {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

impl Vm {
    /// `template % values`
    ///
    /// # Errors
    /// `TypeError` and `ValueError` if they do not fit.
    pub fn percent(&self, template: &str, values: &Value) -> Result {
        let single = [values.clone()];
        let args = tuple_of(values).unwrap_or(&single);
        let mut used = 0;
        let mut text = String::new();
        let mut chars = template.chars().peekable();
        let mut mapped = false;
        while let Some(char) = chars.next() {
            if char != '%' {
                text.push(char);
                continue;
            }
            let mut key = None;
            if chars.peek() == Some(&'(') {
                chars.next();
                let name: String = chars.by_ref().take_while(|char| *char != ')').collect();
                key = Some(name);
            }
            let mut take = || {
                let value = args.get(used).cloned();
                used += 1;
                value.ok_or_else(|| self.type_error("not enough arguments for format string"))
            };
            let mut field = Field::default();
            while let Some(flag) = chars.peek() {
                match flag {
                    '-' => field.left = true,
                    '0' => field.zero = true,
                    '+' => field.plus = true,
                    ' ' => field.space = true,
                    '#' => field.alternate = true,
                    _ => break,
                }
                chars.next();
            }
            let mut number =
                |chars: &mut core::iter::Peekable<core::str::Chars<'_>>| -> Result<Option<usize>> {
                    if chars.peek() == Some(&'*') {
                        chars.next();
                        let given = self.index_i64(&take()?)?;
                        return Ok(usize::try_from(given).ok());
                    }
                    let mut digits = String::new();
                    while let Some(digit) = chars.peek().copied().filter(char::is_ascii_digit) {
                        digits.push(digit);
                        chars.next();
                    }
                    Ok(digits.parse().ok())
                };
            field.width = number(&mut chars)?.unwrap_or(0);
            if chars.peek() == Some(&'.') {
                chars.next();
                field.precision = Some(number(&mut chars)?.unwrap_or(0));
            }
            self.charge_bytes(field.width.max(field.precision.unwrap_or(0)))?;
            self.check_precision(field.precision)?;
            let Some(letter) = chars.next() else { return Err(self.value_error("incomplete format")) };
            if letter == '%' {
                text.push('%');
                continue;
            }
            let value = match key {
                Some(key) => {
                    mapped = true;
                    if dict_of(values).is_none() {
                        return Err(self.type_error("format requires a mapping"));
                    }
                    self.getitem(values, &self.str(&key)?)?
                }
                None => take()?,
            };
            text.push_str(&self.percent_field(letter, &field, &value)?);
            self.charge_bytes(text.len())?;
        }
        let complete =
            used >= args.len() || mapped || (tuple_of(values).is_none() && dict_of(values).is_some());
        if !complete {
            return Err(self.type_error("not all arguments converted during string formatting"));
        }
        self.string(text)
    }

    fn percent_field(&self, letter: char, field: &Field, value: &Value) -> Result<String> {
        let pad = |sign: &str, digits: &str, numeric: bool| {
            let missing = field.width.saturating_sub(sign.len() + digits.chars().count());
            if field.left {
                format!("{sign}{digits}{}", " ".repeat(missing))
            } else if field.zero && numeric {
                format!("{sign}{}{digits}", "0".repeat(missing))
            } else {
                format!("{}{sign}{digits}", " ".repeat(missing))
            }
        };
        let sign = |negative: bool| match (negative, field.plus, field.space) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            _ => "",
        };
        match letter {
            's' | 'r' | 'a' => {
                let text = match letter {
                    's' => self.str_text(value)?,
                    'r' => self.repr_text(value)?,
                    _ => self.ascii_text(value)?,
                };
                let cut: String = text.chars().take(field.precision.unwrap_or(usize::MAX)).collect();
                Ok(pad("", &cut, false))
            }
            'c' => match (text_of(value), Number::of(value)) {
                (Some(text), _) if text.chars().count() == 1 => Ok(pad("", text, false)),
                (None, Some(Number::Int(code))) => match u32::try_from(code).ok().and_then(char::from_u32) {
                    Some(char) => Ok(pad("", &char.to_string(), false)),
                    None => Err(self.raise(&self.types.overflow_error, "%c arg not in range(0x110000)")),
                },
                _ => Err(self.type_error("%c requires int or char")),
            },
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
                let number = match (Number::of(value), letter) {
                    (Some(Number::Float(value)), 'd' | 'i' | 'u') if value.is_finite() => {
                        num_traits::FromPrimitive::from_f64(value.trunc()).unwrap_or_default()
                    }
                    (Some(number @ (Number::Int(_) | Number::Big(_))), _) => {
                        number.into_big().unwrap_or_default()
                    }
                    _ => {
                        let wanted =
                            if matches!(letter, 'd' | 'i' | 'u') { "a real number" } else { "an integer" };
                        return Err(self.type_error(&format!(
                            "%{letter} format: {wanted} is required, not {}",
                            kind_name(self, value)
                        )));
                    }
                };
                let negative = num_traits::Signed::is_negative(&number);
                let (prefix, digits) = match letter {
                    'x' => ("0x", number.magnitude().to_str_radix(16)),
                    'X' => ("0X", number.magnitude().to_str_radix(16).to_uppercase()),
                    'o' => ("0o", number.magnitude().to_str_radix(8)),
                    _ => ("", number.magnitude().to_str_radix(10)),
                };
                let prefix = if field.alternate { prefix } else { "" };
                let missing = field.precision.unwrap_or(0).saturating_sub(digits.len());
                let digits = format!("{}{digits}", "0".repeat(missing));
                Ok(pad(&format!("{}{prefix}", sign(negative)), &digits, true))
            }
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                let Some(number) = Number::of(value).and_then(|number| number.to_float()) else {
                    return Err(
                        self.type_error(&format!("must be real number, not {}", kind_name(self, value)))
                    );
                };
                let precision = field.precision.unwrap_or(6);
                let magnitude = number.abs();
                let digits = if magnitude.is_finite() {
                    match letter {
                        'f' | 'F' => float_text::fixed(magnitude, precision, field.alternate),
                        'e' | 'E' => float_text::scientific(magnitude, precision),
                        _ => float_text::general(magnitude, precision, field.alternate, false),
                    }
                } else {
                    float_text::repr(magnitude)
                };
                let digits = if letter.is_ascii_uppercase() { digits.to_uppercase() } else { digits };
                Ok(pad(sign(number.is_sign_negative() && !number.is_nan()), &digits, true))
            }
            other => Err(self.value_error(&format!(
                "unsupported format character '{other}' ({:#x}) at index {}",
                other as u32, 0
            ))),
        }
    }
}
