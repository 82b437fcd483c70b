//! `format()`, fields of f-strings, and `str.format`.

use super::describe::kind_name;
use super::float_text;
use super::number::Number;
use crate::compile::Conversion;
use crate::objects::instance::text_of;
use crate::value::{Kind, Raised, Result, Value};
use crate::vm::Vm;

/// A format specification, taken apart.
#[derive(Clone, Debug, Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Spec {
    fn parse(text: &str) -> Option<Spec> {
        let mut spec = Spec::default();
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        let is_align = |char: Option<&char>| matches!(char, Some('<' | '>' | '=' | '^'));
        if is_align(chars.get(1)) {
            spec.fill = Some(chars[0]);
            spec.align = Some(chars[1]);
            at = 2;
        } else if is_align(chars.first()) {
            spec.align = Some(chars[0]);
            at = 1;
        }
        let take = |at: &mut usize, wanted: &[char]| {
            let found = chars.get(*at).copied().filter(|char| wanted.contains(char));
            *at += usize::from(found.is_some());
            found
        };
        spec.sign = take(&mut at, &['+', '-', ' ']);
        let _ = take(&mut at, &['z']);
        spec.alternate = take(&mut at, &['#']).is_some();
        spec.zero = take(&mut at, &['0']).is_some();
        let number = |at: &mut usize| {
            let start = *at;
            while chars.get(*at).is_some_and(char::is_ascii_digit) {
                *at += 1;
            }
            chars[start..*at].iter().collect::<String>().parse::<usize>().ok()
        };
        spec.width = number(&mut at).unwrap_or(0);
        if let Some(grouping) = chars.get(at).copied().filter(|char| matches!(char, ',' | '_')) {
            spec.grouping = Some(grouping);
            at += 1;
        }
        if chars.get(at) == Some(&'.') {
            at += 1;
            spec.precision = Some(number(&mut at)?);
        }
        spec.kind = chars.get(at).copied();
        at += usize::from(spec.kind.is_some());
        (at == chars.len()).then_some(spec)
    }

    /// Fills to the width.
    fn pad(&self, sign: &str, digits: &str, numeric: bool) -> String {
        let length = sign.chars().count() + digits.chars().count();
        let missing = self.width.saturating_sub(length);
        let fill = self.fill.unwrap_or(if self.zero { '0' } else { ' ' });
        let align = self.align.unwrap_or(match (numeric, self.zero) {
            (true, true) => '=',
            (true, false) => '>',
            _ => '<',
        });
        let fills = |count: usize| fill.to_string().repeat(count);
        match align {
            '>' => format!("{}{sign}{digits}", fills(missing)),
            '^' => format!("{}{sign}{digits}{}", fills(missing / 2), fills(missing - missing / 2)),
            '=' => format!("{sign}{}{digits}", fills(missing)),
            _ => format!("{sign}{digits}{}", fills(missing)),
        }
    }
}

/// Puts a sign between groups of digits in front of the point.
fn group(digits: &str, separator: char, size: usize) -> String {
    let end = digits.find(|char: char| !char.is_ascii_alphanumeric()).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(end);
    let mut grouped = String::new();
    for (place, char) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(size) {
            grouped.push(separator);
        }
        grouped.push(char);
    }
    grouped + rest
}

impl Vm {
    /// A field of an f-string.
    pub(crate) fn format_field(&self, value: &Value, conversion: Conversion, spec: Option<&Value>) -> Result {
        let converted = match conversion {
            Conversion::None => value.clone(),
            Conversion::Str => self.string(self.str_text(value)?)?,
            Conversion::Repr => self.string(self.repr_text(value)?)?,
            Conversion::Ascii => self.string(ascii(&self.repr_text(value)?))?,
        };
        let spec = spec.and_then(text_of).unwrap_or_default();
        if spec.is_empty() && Kind::of(&converted) == Kind::Str {
            return Ok(converted);
        }
        self.string(self.format_text(&converted, spec)?)
    }

    /// `format(value, spec)`
    ///
    /// # Errors
    /// `ValueError` and `TypeError` if the specification does not fit, and what `__format__` raises.
    pub fn format_text(&self, value: &Value, spec: &str) -> Result<String> {
        let argument = self.str(spec)?;
        if let Some(result) = self.special(value, &self.names.format, &[argument])? {
            return Ok(text_of(&result).unwrap_or_default().to_string());
        }
        if spec.is_empty() {
            return self.str_text(value);
        }
        let Some(parsed) = Spec::parse(spec) else {
            return Err(self.value_error(&format!(
                "Invalid format specifier '{spec}' for object of type '{}'",
                kind_name(self, value)
            )));
        };
        self.charge_bytes(parsed.width.max(parsed.precision.unwrap_or(0)))?;
        self.check_precision(parsed.precision)?;
        if let Some(text) = text_of(value) {
            return self.format_str(text, &parsed);
        }
        match Number::of(value) {
            Some(Number::Float(number)) => self.format_float(number, &parsed),
            Some(number) => self.format_int(value, number, &parsed),
            None => Err(self.type_error(&format!(
                "unsupported format string passed to {}.__format__",
                kind_name(self, value)
            ))),
        }
    }

    /// More digits than a float has are zeros, but somebody has to write them down.
    pub(super) fn check_precision(&self, precision: Option<usize>) -> Result<()> {
        if precision.is_some_and(|precision| precision > usize::from(u16::MAX / 2)) {
            return Err(self.value_error("precision too big"));
        }
        Ok(())
    }

    fn format_str(&self, text: &str, spec: &Spec) -> Result<String> {
        if !matches!(spec.kind, None | Some('s')) {
            return Err(self.unknown_code(spec, "str"));
        }
        if spec.sign.is_some() {
            return Err(self.value_error("Sign not allowed in string format specifier"));
        }
        if spec.align == Some('=') {
            return Err(self.value_error("'=' alignment not allowed in string format specifier"));
        }
        let cut: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
        Ok(spec.pad("", &cut, false))
    }

    fn unknown_code(&self, spec: &Spec, kind: &str) -> Raised {
        let code = spec.kind.unwrap_or(' ');
        self.value_error(&format!("Unknown format code '{code}' for object of type '{kind}'"))
    }

    fn format_int(&self, value: &Value, number: Number, spec: &Spec) -> Result<String> {
        if matches!(spec.kind, Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) {
            let Some(number) = number.to_float() else {
                return Err(self.raise(&self.types.overflow_error, "int too large to convert to float"));
            };
            return self.format_float(number, spec);
        }
        if spec.precision.is_some() {
            return Err(self.value_error("Precision not allowed in integer format specifier"));
        }
        if spec.kind.is_none() && Kind::of(value) == Kind::Bool {
            return Ok(spec.pad("", if number.is_zero() { "0" } else { "1" }, true));
        }
        let big = number.into_big().unwrap_or_default();
        let magnitude = big.magnitude();
        let (prefix, digits, size) = match spec.kind {
            None | Some('d' | 'n') => ("", magnitude.to_str_radix(10), 3),
            Some('b') => ("0b", magnitude.to_str_radix(2), 4),
            Some('o') => ("0o", magnitude.to_str_radix(8), 4),
            Some('x') => ("0x", magnitude.to_str_radix(16), 4),
            Some('X') => ("0X", magnitude.to_str_radix(16).to_uppercase(), 4),
            Some('c') => {
                let char = u32::try_from(magnitude).ok().and_then(char::from_u32);
                return match char {
                    Some(char) => Ok(spec.pad("", &char.to_string(), false)),
                    None => Err(self.raise(&self.types.overflow_error, "%c arg not in range(0x110000)")),
                };
            }
            _ => return Err(self.unknown_code(spec, &kind_name(self, value))),
        };
        let sign = match (big.sign() == num_bigint::Sign::Minus, spec.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        };
        let prefix = if spec.alternate { prefix } else { "" };
        let digits = spec.grouping.map_or(digits.clone(), |separator| group(&digits, separator, size));
        Ok(spec.pad(&format!("{sign}{prefix}"), &digits, true))
    }

    fn format_float(&self, number: f64, spec: &Spec) -> Result<String> {
        let magnitude = number.abs();
        let precision = spec.precision.unwrap_or(6);
        let digits = if magnitude.is_nan() || magnitude.is_infinite() {
            let text = if magnitude.is_nan() { "nan" } else { "inf" };
            match spec.kind {
                Some('F' | 'E' | 'G') => text.to_uppercase(),
                Some('%') => format!("{text}%"),
                _ => text.to_string(),
            }
        } else {
            match spec.kind {
                Some('f' | 'F') => float_text::fixed(magnitude, precision, spec.alternate),
                Some('e') => float_text::scientific(magnitude, precision),
                Some('E') => float_text::scientific(magnitude, precision).to_uppercase(),
                Some('g' | 'n') => float_text::general(magnitude, precision, spec.alternate, false),
                Some('G') => float_text::general(magnitude, precision, spec.alternate, false).to_uppercase(),
                Some('%') => format!("{}%", float_text::fixed(magnitude * 100.0, precision, spec.alternate)),
                None => match spec.precision {
                    None => float_text::repr(magnitude),
                    Some(precision) => float_text::general(magnitude, precision, false, true),
                },
                Some(_) => return Err(self.unknown_code(spec, "float")),
            }
        };
        let sign = match (number.is_sign_negative() && !number.is_nan(), spec.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        };
        let digits = spec.grouping.map_or(digits.clone(), |separator| group(&digits, separator, 3));
        Ok(spec.pad(sign, &digits, true))
    }

    /// `template.format(*args, **keywords)`
    ///
    /// # Errors
    /// `ValueError` if the template is none, `IndexError` and `KeyError` if a field is not there.
    pub fn format_template(
        &self,
        template: &str,
        args: &[Value],
        keywords: &[(Value, Value)],
    ) -> Result<String> {
        let mut next = 0;
        self.fill_template(template, args, keywords, &mut next, 2)
    }

    fn fill_template(
        &self,
        template: &str,
        args: &[Value],
        keywords: &[(Value, Value)],
        next: &mut usize,
        depth: u32,
    ) -> Result<String> {
        if depth == 0 {
            return Err(self.value_error("Max string recursion exceeded"));
        }
        let mut text = String::new();
        let chars: Vec<char> = template.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            match (chars[at], chars.get(at + 1)) {
                ('{', Some('{')) | ('}', Some('}')) => {
                    text.push(chars[at]);
                    at += 2;
                }
                ('}', _) => return Err(self.value_error("Single '}' encountered in format string")),
                ('{', _) => {
                    let start = at + 1;
                    let mut open = 1;
                    at = start;
                    while at < chars.len() {
                        match chars[at] {
                            '{' => open += 1,
                            '}' => open -= 1,
                            _ => {}
                        }
                        if open == 0 {
                            break;
                        }
                        at += 1;
                    }
                    if open > 0 {
                        let message = if start == chars.len() {
                            "Single '{' encountered in format string"
                        } else {
                            "expected '}' before end of string"
                        };
                        return Err(self.value_error(message));
                    }
                    let field: String = chars[start..at].iter().collect();
                    at += 1;
                    text.push_str(&self.fill_field(&field, args, keywords, next, depth)?);
                    self.charge_bytes(text.len())?;
                }
                (char, _) => {
                    text.push(char);
                    at += 1;
                }
            }
        }
        Ok(text)
    }

    fn fill_field(
        &self,
        field: &str,
        args: &[Value],
        keywords: &[(Value, Value)],
        next: &mut usize,
        depth: u32,
    ) -> Result<String> {
        let (head, spec) = field.split_once(':').unwrap_or((field, ""));
        let (path, conversion) = match head.split_once('!') {
            Some((path, conversion)) => (path, conversion),
            None => (head, ""),
        };
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (first, mut rest) = path.split_at(end);
        let mut value = if first.is_empty() || first.bytes().all(|byte| byte.is_ascii_digit()) {
            let index = if first.is_empty() {
                *next += 1;
                *next - 1
            } else {
                first.parse().unwrap_or(usize::MAX)
            };
            args.get(index).cloned().ok_or_else(|| {
                self.index_error(&format!("Replacement index {index} out of range for positional args tuple"))
            })?
        } else {
            let found =
                keywords.iter().find(|(key, _)| text_of(key) == Some(first)).map(|(_, value)| value.clone());
            match found {
                Some(found) => found,
                None => return Err(self.key_error(self.str(first)?)),
            }
        };
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                value = self.getattr(&value, &self.intern(&after[..end])?)?;
                rest = &after[end..];
            } else {
                let Some(inside) = rest.strip_prefix('[') else {
                    return Err(self.value_error("Only '.' or '[' may follow ']' in format field specifier"));
                };
                let Some((key, after)) = inside.split_once(']') else {
                    return Err(self.value_error("Missing ']' in format string"));
                };
                let key = match key.parse::<i64>() {
                    Ok(index) => self.int(index)?,
                    Err(_) => self.str(key)?,
                };
                value = self.getitem(&value, &key)?;
                rest = after;
            }
        }
        let value = match conversion {
            "" => value,
            "r" => self.string(self.repr_text(&value)?)?,
            "s" => self.string(self.str_text(&value)?)?,
            "a" => self.string(ascii(&self.repr_text(&value)?))?,
            other => return Err(self.value_error(&format!("Unknown conversion specifier {other}"))),
        };
        let spec = self.fill_template(spec, args, keywords, next, depth - 1)?;
        self.format_text(&value, &spec)
    }

    /// `ascii(value)`
    ///
    /// # Errors
    /// What `__repr__` raises.
    pub fn ascii_text(&self, value: &Value) -> Result<String> {
        Ok(ascii(&self.repr_text(value)?))
    }
}

/// A text with what is not ASCII escaped.
fn ascii(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char as u32 {
            0..0x80 => escaped.push(char),
            code @ 0x80..0x100 => escaped.push_str(&format!("\\x{code:02x}")),
            code @ 0x100..0x1_0000 => escaped.push_str(&format!("\\u{code:04x}")),
            code => escaped.push_str(&format!("\\U{code:08x}")),
        }
    }
    escaped
}
