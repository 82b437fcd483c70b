//! `#[derive(Trace)]`: shows and clears every field, in order of declaration.
//!
//! Attributes: `#[trace(finalize)]` on the type takes the finalizer from `gleaner::Finalize`; `#[trace(tag = EXPRESSION)]` sets
//! `Trace::TAG`; `#[trace(skip)]` on a field leaves it out (what it refers to then counts as referred to from outside).

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, parse_macro_input, parse_quote};

/// Derives `gleaner::Trace`.
#[proc_macro_derive(Trace, attributes(trace))]
pub fn derive_trace(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(input).unwrap_or_else(Error::into_compile_error).into()
}

fn expand(mut input: DeriveInput) -> Result<Tokens, Error> {
    let Options { finalize, tag } = options(&input.attrs)?;
    let tag = tag.map(|tag| quote!(const TAG: u8 = #tag;));
    for parameter in input.generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(::gleaner::Trace));
    }
    let arms = match &input.data {
        Data::Struct(data) => vec![Arm::new(quote!(Self), &data.fields)?],
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                let name = &variant.ident;
                Arm::new(quote!(Self::#name), &variant.fields)
            })
            .collect::<Result<_, _>>()?,
        Data::Union(data) => {
            return Err(Error::new_spanned(data.union_token, "Trace cannot be derived for a union"));
        }
    };
    let types: Vec<_> = arms.iter().flat_map(|arm| &arm.types).collect();
    let traces = arms.iter().map(|arm| arm.body(&quote!(trace), &quote!(visitor)));
    let clears = arms.iter().map(|arm| arm.body(&quote!(clear), &quote!(released)));
    let finalizer = finalize.then(|| {
        quote! {
            fn finalizes(&self) -> bool {
                true
            }
            fn finalize(this: ::gleaner::Live<'_, Self>) {
                <Self as ::gleaner::Finalize>::finalize(this);
            }
        }
    });
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::gleaner::Trace for #name #arguments #bounds {
            const TRACKED: bool = false #(|| <#types as ::gleaner::Trace>::TRACKED)*;
            const UNSEEN: bool = false #(|| <#types as ::gleaner::Trace>::UNSEEN)*;
            const FINALIZES: bool = #finalize;
            #tag
            #[inline(always)]
            #[allow(unused_variables, unreachable_code)]
            fn trace(&self, visitor: &mut impl ::gleaner::Visitor) {
                match self { #(#traces)* _ => {} }
            }
            #[inline(always)]
            #[allow(unused_variables, unreachable_code)]
            fn clear(&self, released: &mut ::gleaner::Released<'_>) {
                match self { #(#clears)* _ => {} }
            }
            #finalizer
        }
    })
}

/// One variant, or the struct: its pattern and the fields that are not skipped.
struct Arm {
    pattern: Tokens,
    names: Vec<syn::Ident>,
    types: Vec<syn::Type>,
}

impl Arm {
    fn new(path: Tokens, fields: &Fields) -> Result<Arm, Error> {
        let mut arm = Arm { pattern: Tokens::new(), names: Vec::new(), types: Vec::new() };
        let mut bindings = Vec::new();
        for (index, field) in fields.iter().enumerate() {
            if has_word(&field.attrs, "skip")? {
                continue;
            }
            let binding = format_ident!("field_{index}");
            let member =
                field.ident.clone().map_or_else(|| syn::Index::from(index).into(), syn::Member::Named);
            bindings.push(quote!(#member: #binding));
            arm.names.push(binding);
            arm.types.push(field.ty.clone());
        }
        arm.pattern = quote!(#path { #(#bindings,)* .. });
        Ok(arm)
    }

    fn body(&self, method: &Tokens, argument: &Tokens) -> Tokens {
        let Arm { pattern, names, .. } = self;
        quote! {
            #[allow(unreachable_patterns)]
            #pattern => { #(::gleaner::Trace::#method(#names, #argument);)* }
        }
    }
}

/// What is said of the type.
#[derive(Default)]
struct Options {
    finalize: bool,
    tag: Option<syn::Expr>,
}

fn options(attributes: &[syn::Attribute]) -> Result<Options, Error> {
    let mut options = Options::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("trace")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("finalize") {
                options.finalize = true;
            } else if meta.path.is_ident("tag") {
                options.tag = Some(meta.value()?.parse()?);
            } else {
                return Err(meta.error("only #[trace(finalize)] and #[trace(tag = …)] are known here"));
            }
            Ok(())
        })?;
    }
    Ok(options)
}

/// Tells whether `#[trace(word)]` is among the attributes; anything else in `#[trace(…)]` is an error.
fn has_word(attributes: &[syn::Attribute], word: &str) -> Result<bool, Error> {
    let mut found = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("trace")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident(word) {
                found = true;
                Ok(())
            } else {
                Err(meta.error(format!("only #[trace({word})] is known here")))
            }
        })?;
    }
    Ok(found)
}
