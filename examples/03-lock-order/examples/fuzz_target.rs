//! The broken transfer as a target for a fuzzer, here without one: each file that is named is one input, as in the
//! corpus of a fuzzer; without files, sixteen short inputs are tried.
//!
//! With libFuzzer the body of `main` is `libfuzzer_sys::fuzz_target!(|bytes: &[u8]| transfers(bytes));`, see the README.

use example_lock_order::{Account, broken};
use raddle_shims::{sync::Arc, thread};
use std::panic::catch_unwind;

raddle::fuzz_target! {
    /// Two people pay each other at the same time.
    fn transfers() {
        let alice = Arc::new(Account::new(1, 100));
        let bob = Arc::new(Account::new(2, 100));
        let other = thread::spawn({
            let (alice, bob) = (Arc::clone(&alice), Arc::clone(&bob));
            move || broken::transfer(&bob, &alice, 20)
        });
        assert!(broken::transfer(&alice, &bob, 10));
        assert!(other.join().unwrap());
    }
}

fn main() {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let read = |file: &String| std::fs::read(file).expect("the file is an input");
    let inputs: Vec<Vec<u8>> = match files.is_empty() {
        true => (0..16_u8).map(|i| [1, 16, 48, 80].map(|by| i.wrapping_mul(by)).to_vec()).collect(),
        false => files.iter().map(read).collect(),
    };
    let failing = inputs.iter().filter(|bytes| catch_unwind(|| transfers(bytes)).is_err()).count();
    println!("{failing} of {} inputs fail", inputs.len());
    assert!(failing > 0 || !files.is_empty(), "the deadlock was not found");
}
