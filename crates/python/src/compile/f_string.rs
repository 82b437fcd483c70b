//! F-strings.

use ruff_python_ast::{FStringPart, InterpolatedStringElement};

use super::compiler::{Compiled, Compiler};
use super::{Constant, Conversion, Op};

impl<'a> Compiler<'a> {
    pub(super) fn f_string(&mut self, parts: &'a [FStringPart]) -> Compiled {
        let mut pieces = 0;
        let mut text = String::new();
        for part in parts {
            match part {
                FStringPart::Literal(literal) => text.push_str(&literal.value),
                FStringPart::FString(string) => self.pieces(&string.elements, &mut text, &mut pieces)?,
            }
        }
        self.join(text, pieces);
        Ok(())
    }

    fn join(&mut self, text: String, mut pieces: u32) {
        if !text.is_empty() {
            self.load(Constant::Str(text.into()));
            pieces += 1;
        }
        match pieces {
            0 => self.load(Constant::Str("".into())),
            1 => {}
            pieces => self.emit(Op::BuildString(pieces)),
        }
    }

    fn pieces(
        &mut self,
        elements: &'a [InterpolatedStringElement],
        text: &mut String,
        pieces: &mut u32,
    ) -> Compiled {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => text.push_str(&literal.value),
                InterpolatedStringElement::Interpolation(field) => {
                    if let Some(debug) = &field.debug_text {
                        text.push_str(debug.leading());
                        text.push_str(debug.expression());
                        text.push_str(debug.trailing());
                    }
                    if !text.is_empty() {
                        self.load(Constant::Str(std::mem::take(text).into()));
                        *pieces += 1;
                    }
                    self.expression(&field.expression)?;
                    let spec = match &field.format_spec {
                        Some(spec) => {
                            let (mut inner, mut count) = (String::new(), 0);
                            self.pieces(&spec.elements, &mut inner, &mut count)?;
                            self.join(inner, count);
                            true
                        }
                        None => false,
                    };
                    let conversion = match field.conversion {
                        ruff_python_ast::ConversionFlag::Str => Conversion::Str,
                        ruff_python_ast::ConversionFlag::Repr => Conversion::Repr,
                        ruff_python_ast::ConversionFlag::Ascii => Conversion::Ascii,
                        ruff_python_ast::ConversionFlag::None if field.debug_text.is_some() && !spec => {
                            Conversion::Repr
                        }
                        ruff_python_ast::ConversionFlag::None => Conversion::None,
                    };
                    self.at(field.range);
                    self.emit(Op::Format { conversion, spec });
                    *pieces += 1;
                }
            }
        }
        Ok(())
    }
}
