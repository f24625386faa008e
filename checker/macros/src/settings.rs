//! The settings in the parentheses of the attribute: `key = literal, …`.

use crate::suggest::closest;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, Lit, LitInt, LitStr, Token};

/// What a setting takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Text,
    /// An integer that is at most this.
    Integer(u64),
    Bool,
}

/// Every key, what it takes, and an example.
const KEYS: &[(&str, Kind, &str)] = &[
    ("strategy", Kind::Text, "\"random\""),
    ("depth", Kind::Integer(1_000), "3"),
    ("max_preemptions", Kind::Integer(u32::MAX as u64), "2"),
    ("iterations", Kind::Integer(u64::MAX), "10_000"),
    ("max_time", Kind::Text, "\"5s\""),
    ("seed", Kind::Integer(u64::MAX), "7"),
    ("model", Kind::Text, "\"sc\""),
    ("time", Kind::Text, "\"virtual\""),
    ("max_events", Kind::Integer(u32::MAX as u64), "5_000"),
    ("expect", Kind::Text, "\"deadlock\""),
    ("stack_size", Kind::Integer(u64::MAX), "65_536"),
    ("backend", Kind::Text, "\"threads\""),
    ("check_leaks", Kind::Bool, "false"),
    ("check_task_leaks", Kind::Bool, "false"),
    ("allow_incomplete", Kind::Bool, "true"),
    ("patience", Kind::Text, "\"30s\""),
    ("minimize", Kind::Text, "\"5s\""),
    ("jobs", Kind::Integer(1_024), "2"),
    ("name", Kind::Text, "\"transfer\""),
];

/// What was asked for, checked.
#[derive(Default)]
pub struct Settings {
    /// The name for reports, if it is not the function's path.
    pub name: Option<LitStr>,
    /// Calls of setters, in the order in which they were written.
    pub calls: TokenStream,
}

/// One setting as it was written.
struct Setting {
    key: Ident,
    value: Option<Expr>,
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = Ident::parse_any(input)?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Setting { key, value })
    }
}

impl Parse for Settings {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let written = Punctuated::<Setting, Token![,]>::parse_terminated(input)?;
        let mut settings = Settings::default();
        let mut seen: Vec<String> = Vec::new();
        let mut faults: Option<Error> = None;
        for setting in &written {
            let key = setting.key.to_string();
            let result = if seen.contains(&key) {
                Err(Error::new(setting.key.span(), format!("`{key}` is given twice; remove one")))
            } else {
                settings.take(setting)
            };
            seen.push(key);
            match (result, &mut faults) {
                (Ok(()), _) => {}
                (Err(fault), Some(faults)) => faults.combine(fault),
                (Err(fault), none) => *none = Some(fault),
            }
        }
        faults.map_or(Ok(settings), Err)
    }
}

/// The literal that an expression is; one that another macro has passed on (`$value:literal`) is in a group without delimiters.
fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

impl Settings {
    fn take(&mut self, setting: &Setting) -> syn::Result<()> {
        let Setting { key, value } = setting;
        let name = key.to_string();
        let Some(&(_, kind, example)) = KEYS.iter().find(|(known, ..)| *known == name) else {
            return Err(unknown(key));
        };
        let Some(value) = value else {
            let message = format!("`{name}` needs a value, as in `{name} = {example}`");
            return Err(Error::new(key.span(), message));
        };
        let wrong = |what: &str| {
            let message = format!("`{name}` takes {what}, as in `{name} = {example}`");
            Error::new(value.span(), message)
        };
        let value = match (kind, literal(value)) {
            (Kind::Text, Some(Lit::Str(text))) => {
                if name == "name" {
                    return self.rename(text);
                }
                quote!(#text)
            }
            (Kind::Integer(limit), Some(Lit::Int(number))) => integer(number, limit)?,
            (Kind::Bool, Some(Lit::Bool(flag))) => quote!(#flag),
            (Kind::Text, _) => return Err(wrong("a string literal")),
            (Kind::Integer(_), _) => return Err(wrong("an integer literal that is not negative")),
            (Kind::Bool, _) => return Err(wrong("`true` or `false`")),
        };
        self.calls.extend(quote!(.#key(#value)));
        Ok(())
    }

    fn rename(&mut self, name: &LitStr) -> syn::Result<()> {
        let text = name.value();
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            let message = "a name is not empty and has no control characters";
            return Err(Error::new(name.span(), message));
        }
        self.name = Some(name.clone());
        Ok(())
    }
}

fn integer(number: &LitInt, limit: u64) -> syn::Result<TokenStream> {
    if !number.suffix().is_empty() {
        let message = format!("remove the suffix `{}`; the type is known", number.suffix());
        return Err(Error::new(number.span(), message));
    }
    let value = number.base10_parse::<u64>().ok().filter(|value| *value <= limit);
    let Some(value) = value else {
        return Err(Error::new(number.span(), format!("at most {limit} is possible")));
    };
    let mut literal = Literal::u64_unsuffixed(value);
    literal.set_span(number.span());
    Ok(quote!(#literal))
}

fn unknown(key: &Ident) -> Error {
    let names = || KEYS.iter().map(|(name, ..)| *name);
    let meant = match closest(&key.to_string(), names()) {
        Some(name) => format!("did you mean `{name}`? "),
        None => String::new(),
    };
    let list: Vec<String> = names().map(|name| format!("`{name}`")).collect();
    let list = list.join(", ");
    Error::new(key.span(), format!("unknown setting `{key}`; {meant}known are {list}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(text: &str) -> String {
        let settings: Settings = syn::parse_str(text).expect("these are valid");
        settings.calls.to_string().replace(' ', "")
    }

    fn faults(text: &str) -> Vec<String> {
        let result: syn::Result<Settings> = syn::parse_str(text);
        result.err().into_iter().flatten().map(|fault| fault.to_string()).collect()
    }

    #[test]
    fn literals_that_a_macro_passes_on_are_taken() {
        let group = |text: &str| {
            let literal = text.parse().expect("it is a literal");
            proc_macro2::Group::new(proc_macro2::Delimiter::None, literal)
        };
        let (kind, most) = (group("\"deadlock\""), group("7"));
        let settings: Settings = syn::parse2(quote!(expect = #kind, max_events = #most))
            .expect("groups without delimiters do not matter");
        let calls = settings.calls.to_string().replace(' ', "");
        assert_eq!(calls, ".expect(\"deadlock\").max_events(7)");
    }

    #[test]
    fn settings_become_calls_in_order() {
        assert_eq!(calls(""), "");
        assert_eq!(
            calls("strategy = \"random\", iterations = 10_000, max_time = \"5s\", seed = 0x7,"),
            ".strategy(\"random\").iterations(10000).max_time(\"5s\").seed(7)"
        );
        assert_eq!(
            calls("max_events = 5000, check_leaks = false, allow_incomplete = true"),
            ".max_events(5000).check_leaks(false).allow_incomplete(true)"
        );
        assert_eq!(calls("seed = 18446744073709551615"), ".seed(18446744073709551615)");
        let every: Vec<String> =
            KEYS.iter().map(|(key, _, value)| format!("{key}={value}")).collect();
        assert_eq!(calls(&every.join(",")).matches('.').count(), KEYS.len() - 1);
    }

    #[test]
    fn a_name_is_kept_apart() {
        let settings: Settings = syn::parse_str("name = \"fast path\", seed = 1").expect("valid");
        assert_eq!(settings.name.map(|name| name.value()).as_deref(), Some("fast path"));
        assert_eq!(settings.calls.to_string().replace(' ', ""), ".seed(1)");
        for bad in ["name = \"\"", "name = \" \"", "name = \"a\\x03b\""] {
            assert_eq!(faults(bad), ["a name is not empty and has no control characters"]);
        }
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_known_ones() {
        let found = faults("iteration = 3");
        assert_eq!(found.len(), 1);
        let start =
            "unknown setting `iteration`; did you mean `iterations`? known are `strategy`, ";
        assert!(found[0].starts_with(start), "{found:?}");
        for (key, ..) in KEYS {
            assert!(found[0].contains(&format!("`{key}`")), "{key}");
        }
        let found = faults("banana = 3");
        assert!(found[0].starts_with("unknown setting `banana`; known are"), "{found:?}");
    }

    #[test]
    fn wrong_values_are_refused() {
        let cases = [
            (
                "seed = \"7\"",
                "`seed` takes an integer literal that is not negative, as in `seed = 7`",
            ),
            ("seed = -7", "`seed` takes an integer literal that is not negative, as in `seed = 7`"),
            (
                "seed = 7.5",
                "`seed` takes an integer literal that is not negative, as in `seed = 7`",
            ),
            ("seed = N", "`seed` takes an integer literal that is not negative, as in `seed = 7`"),
            ("seed = 7u8", "remove the suffix `u8`; the type is known"),
            ("max_events = 4294967296", "at most 4294967295 is possible"),
            ("seed = 18446744073709551616", "at most 18446744073709551615 is possible"),
            ("model = sc", "`model` takes a string literal, as in `model = \"sc\"`"),
            ("max_time = 5", "`max_time` takes a string literal, as in `max_time = \"5s\"`"),
            (
                "check_leaks = 0",
                "`check_leaks` takes `true` or `false`, as in `check_leaks = false`",
            ),
            ("check_leaks", "`check_leaks` needs a value, as in `check_leaks = false`"),
            ("seed = 1, seed = 2", "`seed` is given twice; remove one"),
        ];
        for (text, expected) in cases {
            assert_eq!(faults(text), [expected], "{text}");
        }
    }

    #[test]
    fn every_fault_is_told_at_its_place() {
        let result: syn::Result<Settings> = syn::parse_str("seed = true, model = 3, sede = 1");
        let faults: Vec<Error> = result.err().into_iter().flatten().collect();
        let columns: Vec<usize> = faults.iter().map(|fault| fault.span().start().column).collect();
        assert_eq!(columns, [7, 21, 24]);
    }
}
