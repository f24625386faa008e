//! Tells the crate how far programs are optimised, of which the compiler says nothing to it. In the profiles for development the program may not
//! be, whatever stands there for this package.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(raddle_is_slow)");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|it| it == value);
    if is("OPT_LEVEL", "0") || is("PROFILE", "debug") {
        println!("cargo::rustc-cfg=raddle_is_slow");
    }
}
