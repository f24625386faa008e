//! A hundred thousand damaged, truncated, foreign and future tokens and traces: never a panic, always a sentence.

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use raddle_report::token::{Body, Deviation, Token};
use raddle_report::trace::{Kind, Part, Search, Site, Step, Trace, Verdict};

/// How many of each.
const TIMES: usize = 100_000;

fn rng(seed: u8) -> TestRng {
    TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32])
}

fn below(rng: &mut TestRng, bound: usize) -> usize {
    rng.next_u32() as usize % bound.max(1)
}

/// Damages a text: characters are lost, changed, repeated, added from elsewhere, or all of it is replaced.
fn damage(text: &str, rng: &mut TestRng) -> String {
    const FOREIGN: [&str; 10] =
        ["u", "rd2-", "\u{0}", "é", "-", "\"", "{", "18446744073709551616", "null", "🦀"];
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=below(rng, 4) {
        let at = below(rng, chars.len());
        match below(rng, 7) {
            0 => chars.truncate(at),
            1 if !chars.is_empty() => _ = chars.remove(at),
            2 if !chars.is_empty() => chars[at] = char::from(below(rng, 128) as u8),
            3 if !chars.is_empty() => chars.insert(at, chars[at]),
            4 => _ = chars.splice(at..at, FOREIGN[below(rng, FOREIGN.len())].chars()),
            5 => _ = chars.drain(..at),
            6 if !chars.is_empty() => {
                let other = below(rng, chars.len());
                chars.swap(at, other);
            }
            _ => {}
        }
    }
    chars.into_iter().collect()
}

#[track_caller]
fn is_sentence(text: &str) {
    assert!(text.len() > 20 && text.contains(' '), "{text:?}");
    assert!(!text.contains("Error") && !text.contains("unwrap"), "{text:?}");
}

fn token(rng: &mut TestRng) -> Token {
    let (test, model) = (rng.next_u32() & 0xf_ffff, below(rng, 4) as u8);
    let body = match below(rng, 4) {
        0 => Body::Sample {
            strategy: ["random", "pct", "exhaustive"][below(rng, 3)].to_owned(),
            seed: rng.next_u64() >> below(rng, 64),
            execution: rng.next_u64() >> below(rng, 64),
        },
        _ => {
            let mut step = 0;
            let deviations = (0..below(rng, 6)).map(|_| {
                step += 1 + below(rng, 40) as u32;
                let alternative = (below(rng, 3) == 0).then(|| below(rng, 9) as u32);
                let thread =
                    (alternative.is_none() || below(rng, 2) == 0).then(|| below(rng, 9) as u32);
                Deviation { step, thread, alternative }
            });
            Body::Deviations(deviations.collect())
        }
    };
    Token { test, model, body }
}

#[test]
fn tokens() {
    let mut rng = rng(1);
    let mut accepted = 0;
    for _ in 0..TIMES {
        let token = token(&mut rng);
        let whole = token.encode();
        let damaged = damage(&whole, &mut rng);
        match Token::decode(&damaged) {
            Ok(other) => {
                // Hyphens, case and what surrounds a token do not matter; anything else is a collision of the
                // checksum, one in a million.
                accepted += u32::from(other != token);
            }
            Err(fault) => is_sentence(&fault.to_string()),
        }
    }
    assert!(accepted <= 5, "{accepted} damaged tokens were taken for others");
}

fn trace(rng: &mut TestRng) -> Trace {
    let kind = Kind::ALL[below(rng, Kind::ALL.len())];
    let mut trace = Trace::new("a::test", Verdict::new(kind, "it is wrong"), Search::default());
    let site = Some(Site::new("src/lib.rs", below(rng, 99) as u32, 1));
    trace.verdict.parts =
        vec![Part { thread: Some(1), text: "x".into(), site: site.clone(), object: None }];
    let step = |i| Step { site: site.clone(), ..Step::new(i % 3, format!("load x -> {i}")) };
    trace.steps = (0..below(rng, 4) as u32).map(step).collect();
    trace
}

#[test]
fn traces() {
    let mut rng = rng(2);
    for _ in 0..TIMES {
        let mut trace = trace(&mut rng);
        if below(&mut rng, 8) == 0 {
            trace.version = rng.next_u32();
        }
        let damaged = damage(&trace.to_json(), &mut rng);
        if let Err(fault) = Trace::from_json(&damaged) {
            is_sentence(&fault.to_string());
        }
    }
}
