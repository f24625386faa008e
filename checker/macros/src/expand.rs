//! What `#[raddle::test]` makes of a function.

use crate::settings::Settings;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Error, ItemFn};

/// The test, or compile errors followed by the function, so that an editor still knows its body.
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(fault) => {
            let message = format!("#[raddle::test] belongs on a function with a body: {fault}");
            let fault = Error::new(fault.span(), message).to_compile_error();
            return quote!(#fault #item);
        }
    };
    let settings = syn::parse2::<Settings>(arguments);
    match (settings, refuse(&function)) {
        (Ok(settings), None) => expand(&settings, &function),
        (settings, refused) => {
            let faults = settings.err().into_iter().chain(refused).map(|e| e.to_compile_error());
            quote!(#(#faults)* #[allow(dead_code, reason = "its attribute is wrong")] #function)
        }
    }
}

/// Why no test can be made of the function.
fn refuse(function: &ItemFn) -> Option<Error> {
    let signature = &function.sig;
    let mut faults = Vec::new();
    if let Some(word) = &signature.asyncness {
        let message = "a checked test is not `async`: make it a plain function and drive the future \
                       in its body, with an executor made of checked primitives";
        faults.push(Error::new(word.span(), message));
    }
    if let Some(word) = &signature.constness {
        faults.push(Error::new(word.span(), "a checked test is not `const`; remove the word"));
    }
    if let Some(word) = &signature.unsafety {
        let message = "a checked test is not `unsafe`: put an `unsafe` block into its body";
        faults.push(Error::new(word.span(), message));
    }
    if let Some(abi) = &signature.abi {
        faults.push(Error::new(abi.span(), "a checked test is not `extern`; remove it"));
    }
    if !signature.inputs.is_empty() || signature.variadic.is_some() {
        let message = "a checked test has no parameters: create what it needs in its body, which \
                       runs once for each execution";
        faults.push(Error::new(signature.paren_token.span.join(), message));
    }
    if !signature.generics.params.is_empty() || signature.generics.where_clause.is_some() {
        let message = "a checked test is not generic: write a test for each type, each of which calls \
                       a generic function";
        let place = match &signature.generics.where_clause {
            Some(clause) if signature.generics.params.is_empty() => clause.span(),
            _ => signature.generics.params.span(),
        };
        faults.push(Error::new(place, message));
    }
    if let Some(attribute) =
        function.attrs.iter().find(|attribute| attribute.path().is_ident("test"))
    {
        let message = "remove #[test]: #[raddle::test] adds it, and with both the test would be there \
                       twice";
        faults.push(Error::new(attribute.span(), message));
    }
    faults.into_iter().reduce(|mut all, fault| {
        all.combine(fault);
        all
    })
}

/// The names of items inside of the test are unlikely ones, because the body can see them.
fn expand(settings: &Settings, function: &ItemFn) -> TokenStream {
    let ItemFn { attrs, vis, sig, block } = function;
    let (ident, output, calls) = (&sig.ident, &sig.output, &settings.calls);
    let written = ident.to_string();
    let path = quote!(::core::concat!(::core::module_path!(), "::", #written));
    let (name, marked) = match &settings.name {
        Some(name) => (quote!(#name), quote!(#path, "\x02", #name)),
        None => (path.clone(), path),
    };
    let body = format_ident!("__raddle_body");
    quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis fn #ident() #output {
            const __RADDLE_TEXT: &[u8] =
                ::core::concat!("\x01raddle-test\x02", #marked, "\x03").as_bytes();
            #[used]
            static __RADDLE_MARK: [u8; __RADDLE_TEXT.len()] = {
                let mut bytes = [0u8; __RADDLE_TEXT.len()];
                let mut at = 0;
                while at < bytes.len() {
                    bytes[at] = __RADDLE_TEXT[at];
                    at += 1;
                }
                bytes
            };
            // A linker may drop even what is marked as used, unless code that stays refers to it.
            ::core::hint::black_box(&__RADDLE_MARK);
            fn #body() #output #block
            ::raddle::__private::run_test(
                ::raddle::Builder::new()
                    .name(#name)
                    .location(::core::file!(), ::core::line!())
                    #calls,
                #body,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(tokens: &TokenStream) -> String {
        tokens.to_string().split_whitespace().collect()
    }

    fn tested(arguments: TokenStream, item: TokenStream) -> ItemFn {
        let tokens = test(arguments, item);
        syn::parse2(tokens.clone()).unwrap_or_else(|fault| panic!("{fault} in {tokens}"))
    }

    /// The sentences of the `compile_error!`s.
    fn faults(arguments: TokenStream, item: TokenStream) -> Vec<String> {
        let tokens = test(arguments, item);
        let file: syn::File = syn::parse2(tokens).expect("errors are items too");
        let message = |item: &syn::Item| match item {
            syn::Item::Macro(call) if call.mac.path.segments.last()?.ident == "compile_error" => {
                Some(call.mac.parse_body::<syn::LitStr>().expect("a message").value())
            }
            _ => None,
        };
        file.items.iter().filter_map(message).collect()
    }

    #[test]
    fn a_plain_function_becomes_a_test() {
        let function = tested(
            quote!(),
            quote!(
                fn transfer() {
                    work();
                }
            ),
        );
        assert_eq!(function.sig.ident, "transfer");
        let [attribute] = &function.attrs[..] else { panic!("one attribute") };
        assert_eq!(flat(&quote!(#attribute)), "#[::core::prelude::v1::test]");
        let text = flat(&quote!(#function));
        assert!(text.contains("fn__raddle_body(){work();}"), "{text}");
        let call = "::raddle::__private::run_test(::raddle::Builder::new()\
                    .name(::core::concat!(::core::module_path!(),\"::\",\"transfer\"))\
                    .location(::core::file!(),::core::line!()),__raddle_body,)";
        assert!(text.ends_with(&format!("{call}}}")), "{text}");
        let mark = "::core::concat!(\"\\x01raddle-test\\x02\",\
                    ::core::concat!(::core::module_path!(),\"::\",\"transfer\"),\"\\x03\")";
        assert!(text.contains(mark), "{text}");
    }

    #[test]
    fn the_return_type_and_other_attributes_stay() {
        let function = tested(
            quote!(seed = 7, strategy = "random"),
            quote! {
                /// What it shows.
                #[cfg(unix)]
                #[should_panic(expected = "deadlock")]
                pub(crate) fn fails() -> Result<(), Error> { Ok(()) }
            },
        );
        assert_eq!(function.attrs.len(), 4);
        assert!(function.attrs[1].path().is_ident("doc"));
        assert!(function.attrs[2].path().is_ident("cfg"));
        assert!(function.attrs[3].path().is_ident("should_panic"));
        let text = flat(&quote!(#function));
        assert!(text.contains("pub(crate)fnfails()->Result<(),Error>{"), "{text}");
        assert!(text.contains("fn__raddle_body()->Result<(),Error>{Ok(())}"), "{text}");
        assert!(
            text.contains("::core::line!()).seed(7).strategy(\"random\"),__raddle_body"),
            "{text}"
        );
    }

    #[test]
    fn a_name_stands_in_the_mark_behind_the_path() {
        let text = flat(&test(
            quote!(name = "swift"),
            quote!(
                fn transfer() {}
            ),
        ));
        assert!(text.contains(".name(\"swift\")"), "{text}");
        let mark = "\"transfer\"),\"\\x02\",\"swift\",\"\\x03\")";
        assert!(text.contains(mark), "{text}");
    }

    #[test]
    fn functions_that_cannot_be_tests_are_refused() {
        let cases: [(TokenStream, &str); 9] = [
            (
                quote!(
                    async fn f() {}
                ),
                "a checked test is not `async`: make it a plain function",
            ),
            (
                quote!(
                    const fn f() {}
                ),
                "a checked test is not `const`; remove the word",
            ),
            (
                quote!(
                    unsafe fn f() {}
                ),
                "a checked test is not `unsafe`: put an `unsafe` block",
            ),
            (
                quote!(
                    extern "C" fn f() {}
                ),
                "a checked test is not `extern`; remove it",
            ),
            (
                quote!(
                    fn f(x: u32) {}
                ),
                "a checked test has no parameters: create what it needs",
            ),
            (
                quote!(
                    fn f<T>() {}
                ),
                "a checked test is not generic: write a test for each type",
            ),
            (
                quote!(
                    fn f()
                    where
                        u8: Copy,
                    {
                    }
                ),
                "a checked test is not generic: write a test for",
            ),
            (
                quote!(
                    #[test]
                    fn f() {}
                ),
                "remove #[test]: #[raddle::test] adds it",
            ),
            (
                quote!(
                    struct S;
                ),
                "#[raddle::test] belongs on a function with a body",
            ),
        ];
        for (item, start) in cases {
            let found = faults(quote!(), item.clone());
            assert_eq!(found.len(), 1, "{item}: {found:?}");
            assert!(found[0].starts_with(start), "{item}: {found:?}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once_and_the_function_stays() {
        let item = quote!(
            async fn f(x: u32) {
                body_of_f();
            }
        );
        let found = faults(quote!(seed = "7", sede = 1), item.clone());
        assert_eq!(found.len(), 4, "{found:?}");
        let text = flat(&test(quote!(seed = "7"), item));
        assert!(text.contains("asyncfnf(x:u32){body_of_f();}"), "{text}");
    }
}
