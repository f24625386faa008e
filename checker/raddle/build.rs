//! Tells the crate how far it is optimised, of which the compiler says nothing to it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(raddle_is_slow)");
    if std::env::var("OPT_LEVEL").is_ok_and(|level| level == "0") {
        println!("cargo::rustc-cfg=raddle_is_slow");
    }
}
