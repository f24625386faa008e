//! Tokens: what they look like, that they come back, and what is said about damaged ones.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use raddle_report::token::{Body, Deviation, Token, TokenError, test_hash};

const TRANSFER: &str = "bank::tests::transfer";
const CHARACTERS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz-ABCXYZ.!/ ";

fn token(body: Body) -> Token {
    Token { test: test_hash(TRANSFER), model: 1, body }
}

fn at(step: u32, thread: Option<u32>, alternative: Option<u32>) -> Deviation {
    Deviation { step, thread, alternative }
}

fn sample(strategy: &str, seed: u64, execution: u64) -> Body {
    Body::Sample { strategy: strategy.to_owned(), seed, execution }
}

fn deviation() -> impl Strategy<Value = (u32, Option<u32>, Option<u32>)> {
    let small = || prop_oneof![4 => 0_u32..8, 1 => any::<u32>()];
    let which = prop_oneof![
        small().prop_map(|thread| (Some(thread), None)),
        small().prop_map(|alternative| (None, Some(alternative))),
        (small(), small()).prop_map(|(thread, alternative)| (Some(thread), Some(alternative))),
    ];
    let step = prop_oneof![4 => 0_u32..200, 1 => any::<u32>()];
    (step, which).prop_map(|(step, (thread, alternative))| (step, thread, alternative))
}

fn tokens() -> impl Strategy<Value = Token> {
    let deviations = proptest::collection::vec(deviation(), 0..12).prop_map(|mut all| {
        all.sort_by_key(|d| d.0);
        all.dedup_by_key(|d| d.0);
        Body::Deviations(all.into_iter().map(|(s, t, a)| at(s, t, a)).collect())
    });
    let strategy = prop_oneof!["[a-z_]{0,8}", "[a-z0-9:=,]{0,8}", ".{0,6}"];
    let sample = (strategy, any::<u64>(), any::<u64>(), 0_u32..64).prop_map(|(s, a, b, by)| {
        Body::Sample { strategy: s, seed: a >> by, execution: b >> (63 - by) }
    });
    let model = prop_oneof![9 => 0_u8..2, 1 => any::<u8>()];
    (0_u32..1 << 20, model, prop_oneof![deviations, sample]).prop_map(|(test, model, body)| Token {
        test,
        model,
        body,
    })
}

/// The same cases in every run: some damage stays unnoticed with a probability of 2⁻²⁰, which would make
/// one run in a few hundred fail for no reason.
fn run<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value)) {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new_with_rng(config, rng).run(strategy, |value| {
        test(value);
        Ok(())
    });
    result.unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn tokens_come_back() {
    run(5000, &tokens(), |token| {
        let text = token.encode();
        assert_eq!(Token::decode(&text), Ok(token.clone()), "{text}");
        for variant in [text.to_uppercase(), text.replace('-', ""), format!(" `<\"{text}\">`.\n")] {
            assert_eq!(Token::decode(&variant), Ok(token.clone()), "{variant}");
        }
        let mistaken = text.replace('1', "l").replace('0', "O").replace('-', "\u{2013}");
        assert_eq!(Token::decode(&mistaken), Ok(token), "{mistaken}");
    });
}

#[test]
fn every_change_of_one_character_is_noticed() {
    run(60, &tokens(), |token| {
        let text = token.encode();
        let check = |changed: Vec<u8>| {
            let changed = String::from_utf8(changed).expect("tokens are ASCII");
            if let Ok(other) = Token::decode(&changed) {
                assert_eq!(other, token, "{text} as {changed}");
            }
        };
        let bytes = text.as_bytes();
        for i in 0..bytes.len() {
            assert!(i + 1 == bytes.len() || Token::decode(&text[..=i]).is_err(), "{text} to {i}");
            check([&bytes[..i], &bytes[i + 1..]].concat());
            for &c in CHARACTERS {
                check([&bytes[..i], &[c], &bytes[i + 1..]].concat());
                check([&bytes[..i], &[c], &bytes[i..]].concat());
            }
            if i > 0 {
                check([&bytes[..i - 1], &[bytes[i], bytes[i - 1]], &bytes[i + 1..]].concat());
            }
        }
        for &c in CHARACTERS {
            check([bytes, &[c]].concat());
        }
    });
}

#[test]
fn every_exchange_of_two_characters_is_noticed() {
    let text = token(Body::Deviations(vec![at(5000, Some(3), None)])).encode();
    let bytes = text.as_bytes();
    for i in 0..bytes.len() {
        for j in 0..i {
            let mut changed = bytes.to_vec();
            changed.swap(i, j);
            let changed = String::from_utf8(changed).expect("tokens are ASCII");
            let same = changed.replace('-', "") == text.replace('-', "");
            assert!(same || Token::decode(&changed).is_err(), "{changed}");
        }
    }
}

#[test]
fn no_text_makes_the_reader_panic() {
    let letters = "[0-9a-zA-Z-]{0,40}";
    let texts = prop_oneof![
        ".{0,30}",
        "\\PC{0,30}",
        letters,
        letters.prop_map(|s| format!("rd1-{s}")),
        letters.prop_map(|s| format!("rd{s}")),
        "[ -~]{0,30}".prop_map(|s| format!("rd1{s}")),
    ];
    run(100_000, &texts, |text| {
        // Whatever happens to be a token must be the token of what it says.
        if let Ok(token) = Token::decode(&text) {
            assert_eq!(Token::decode(&token.encode()), Ok(token));
        }
    });
}

#[test]
fn tokens_are_short() {
    let of = |deviations| token(Body::Deviations(deviations)).encode();
    assert_eq!(of(vec![]), "rd1-04m9h-hme52");
    assert_eq!(of(vec![at(4711, Some(3), None)]), "rd1-54m9h-hnjp2-3d1fk");
    assert!(token(sample("random", 7, 1234)).encode().len() <= 32);
}

#[test]
fn formats_do_not_change_unnoticed() {
    let two = vec![at(0, None, Some(1)), at(40, Some(2), Some(17))];
    let cases = [
        (Body::Deviations(two), "rd1-74m9h-h11q6-2h0vt-5t"),
        (sample("pct", u64::MAX, 3), "rd1-m05m9-hhf2k-xdfzz-zzzzz-zzzzz-1388z-2"),
        (sample("Über 9", 0, 0), "rd1-h05m9-hhw63-w4w14-hw10v-9x00p-795"),
    ];
    for (body, text) in cases {
        assert_eq!(token(body).encode(), text);
    }
}

fn sentence(text: &str) -> String {
    Token::decode(text).expect_err("the token is damaged").to_string()
}

#[test]
fn damage_is_named_and_says_what_to_do() {
    let one = "rd1-54m9h-hnjp2-3d1fk";
    assert_eq!(Token::decode(one).map(|t| t.body), {
        Ok(Body::Deviations(vec![at(4711, Some(3), None)]))
    });
    let cases = [
        ("", "is empty"),
        (" \"-\" ", "is empty"),
        ("bank::tests::transfer", "is not a replay token"),
        ("rd-54m9h-hnjp2-3d1fk", "is not a replay token"),
        ("r", "is not a replay token"),
        ("target/raddle/rd1-54m9h.json", "path of a file"),
        ("rd1-54m9h.json", "path of a file"),
        (r"C:\rd1", "path of a file"),
        ("rd2-54m9h-hnjp2-3d1fk", "made by a newer raddle (its format is 2,"),
        ("RD12-54m9h", "made by a newer raddle (its format is 12,"),
        ("rd1-54u9h-hnjp2-3d1fk", "character 7 of the replay token is 'u'"),
        ("rd1-54m9h-hnjp2-3d1?k", "character 20 of the replay token is '?'"),
        ("rd1-54m9h-hnjp2-3d1f", "cut short: it has 14 characters after `rd1`"),
        ("rd1-54m9h-hnjp2", "and needs 15"),
        ("rd1-", "it has 0 characters after `rd1`, hyphens not counted, and needs more"),
        ("rd1-54m9h-hnjp2-3d1fk0", "too long: it has 16 characters"),
        ("rd1-54m9h-hnjp2-3d1fk and more", "too long"),
        ("rd1-54m9h-hnjp2-3d1fb", "checksum"),
        ("rd1-54m9h-njhp2-3d1fk", "checksum"),
        ("rd1-zzzzz-zzzzz-zzzzz-zzzzz", "checksum"),
    ];
    for (text, expected) in cases {
        let found = sentence(text);
        assert!(found.contains(expected), "{text:?}: {found}");
    }
}

#[test]
fn a_token_of_another_test_is_refused() {
    let token = token(Body::Deviations(Vec::new()));
    assert_eq!(token.expect_test(TRANSFER), Ok(()));
    let error = token.expect_test("bank::tests::audit").expect_err("it is another test");
    let unnamed = error.to_string();
    assert!(
        unnamed.contains("another test") && unnamed.contains("`bank::tests::audit`"),
        "{unnamed}"
    );
    let named = error.clone().among(["bank::tests::audit", TRANSFER]).to_string();
    assert!(named.contains("`bank::tests::transfer`") && named.contains("audit"), "{named}");
    assert_eq!(error.clone().among(["nothing"]), error);
    assert!(matches!(error, TokenError::OtherTest { name: None, .. }));
}

#[test]
fn hashes_do_not_change() {
    // FNV-1a of the empty name is 0x811c9dc5; folded it is 0x811 ^ 0xc9dc5.
    assert_eq!(test_hash(""), 0x811 ^ 0xc9dc5);
    assert_eq!(test_hash("a"), 0xe40 ^ 0xc292c);
}
