//! Tokens that cannot be replayed, each with its own sentence, and programs that have changed.

use crate::{EDITED, PROGRAMS, error, fail, run, run_as, scratch};
use raddle_report::token::{Body, Token};

/// What the test `race` says to a token; it fails.
#[track_caller]
fn refused(token: &str) -> String {
    let output = run("race", &[("RADDLE_REPLAY", token)]);
    let text = error(&output);
    assert_eq!(output.status.code(), Some(101), "{token}\n{text}");
    assert_eq!(text.matches("panicked at").count(), 1, "{token}\n{text}");
    let line = text.lines().find_map(|line| line.strip_prefix("error: RADDLE_REPLAY: "));
    line.unwrap_or_else(|| panic!("{token}\n{text}")).to_string()
}

#[test]
fn each_kind_of_damage_has_its_sentence() {
    let (_, token) = fail("race");
    let last = token.chars().last().unwrap();
    let other = if last == '7' { '8' } else { '7' };
    let changed = format!("{}{other}", &token[..token.len() - 1]);
    let cases = [
        ("hello".to_string(), "this is not a replay token, which begins with `rd1-`"),
        (token.replacen("rd1", "rd2", 1), "the replay token was made by a newer raddle"),
        (token.replacen("rd1-", "rd1-u", 1), "character 5 of the replay token is 'u'"),
        (token[..token.len() - 2].to_string(), "the replay token is cut short"),
        (format!("{token}77"), "the replay token is too long"),
        (changed, "the checksum of the replay token is wrong"),
        ("no/such/file".to_string(), "failed to read the token file no/such/file"),
    ];
    for (token, sentence) in &cases {
        let said = refused(token);
        assert!(said.starts_with(sentence), "{token}: {said}");
    }
}

#[test]
fn a_file_without_a_token_is_refused() {
    let file = scratch("no-token");
    std::fs::write(&file, "nothing here\n").unwrap();
    let path = file.to_str().unwrap();
    let said = refused(path);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(said, format!("the file {path} holds no token"));
}

#[test]
fn spaces_around_a_token_do_not_matter() {
    let (_, token) = fail("race");
    let output = run("race", &[("RADDLE_REPLAY", &format!("  {token} "))]);
    assert!(error(&output).contains("error[data-race]"), "{}", error(&output));
}

#[test]
fn what_a_newer_raddle_may_say_is_refused() {
    let (_, token) = fail("race");
    let token = Token::decode(&token).unwrap();
    let model = Token { model: 7, ..token.clone() }.encode();
    assert_eq!(refused(&model), "the token names memory model 7, which is not known");
    let body = Body::Sample { strategy: "guess".to_string(), seed: 1, execution: 2 };
    let said = refused(&Token { body, ..token }.encode());
    assert_eq!(said, "the token was made by the strategy \"guess\", which is not known");
}

#[test]
fn a_token_of_another_test_is_passed_over() {
    let (_, token) = fail("race");
    for name in ["right", "deadlock"] {
        let output = run(name, &[("RADDLE_REPLAY", &token)]);
        let text = error(&output);
        assert!(output.status.success(), "{text}");
        assert!(text.contains("not replayed, as the token is of another test"), "{text}");
        assert!(!text.contains("error"), "{text}");
    }
}

/// An edited program either fails in another way, which is noted, or in none, which is said.
#[test]
fn a_program_that_was_edited_is_told() {
    let sentences = [
        "this is not the execution that the token was made from",
        "the program is not the one that the token was made from, or is not deterministic",
        "the execution of the token was run, and does not fail any more",
    ];
    for (name, _) in PROGRAMS {
        let (_, token) = fail(name);
        let output = run(name, &[("RADDLE_REPLAY", &token), (EDITED, "1")]);
        let text = error(&output);
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = sentences.iter().position(|sentence| joined.contains(sentence));
        let expected = if said == Some(2) { 0 } else { 101 };
        assert!(said.is_some(), "{name}: {text}");
        assert_eq!(output.status.code(), Some(expected), "{name}: {text}");
        assert_eq!(text.matches("panicked at").count(), usize::from(expected != 0), "{text}");
    }
}

/// Where the edited program first does something else is shown, beside what it did before.
#[test]
fn the_first_difference_is_shown() {
    let (_, token) = fail("deadlock");
    let output = run("deadlock", &[("RADDLE_REPLAY", &token), (EDITED, "1")]);
    let text = error(&output);
    let at = text.find("the first difference is step").unwrap_or_else(|| panic!("{text}"));
    let lines: Vec<&str> = text[at..].lines().take(3).map(str::trim).collect();
    assert!(lines[1].starts_with("then  t1: lock "), "{text}");
    assert!(lines[2].starts_with("now   main: lock "), "{text}");
    let same = error(&run("deadlock", &[("RADDLE_REPLAY", &token)]));
    assert!(!same.contains("the first difference"), "{same}");
}

/// What an earlier raddle kept for a token, which tells of steps in other words, is not what a search that finds the failure again is
/// compared with. Traces are kept in the binary's target folder, so this one has its own.
#[test]
fn a_search_replaces_what_was_kept_before() {
    let target = scratch("kept").with_extension("").join("target");
    std::fs::create_dir_all(&target).unwrap();
    let binary = target.join("programs");
    let _ = std::fs::remove_file(&binary);
    std::fs::hard_link(std::env::current_exe().unwrap(), &binary).unwrap();
    let search = || error(&run_as(&binary, "stale", &[]));
    let found = search();
    let token = found.lines().last().and_then(|line| line.split_whitespace().last()).unwrap();
    let replay = || error(&run_as(&binary, "stale", &[("RADDLE_REPLAY", token)]));
    let differs = || replay().contains("the first difference is step 1");
    assert!(!differs());
    let kept = target.join("raddle/traces").join(format!("{token}.json"));
    let text = std::fs::read_to_string(&kept).unwrap();
    let (before, steps) = text.split_at(text.find("\"steps\"").unwrap());
    let other = steps.replacen("\"text\":\"", "\"text\":\"once ", 1);
    assert_ne!(other, steps, "{steps}");
    std::fs::write(&kept, format!("{before}{other}")).unwrap();
    assert!(differs() && differs(), "a replay leaves what was kept");
    assert_eq!(search(), found);
    assert!(!differs());
    std::fs::remove_dir_all(target).unwrap();
}

/// What is done where the program cannot follow is a choice.
#[test]
fn divergences_are_answered() {
    let (_, token) = fail("channel");
    let answer = |answer: &str| {
        let variables =
            [("RADDLE_REPLAY", token.as_str()), (EDITED, "1"), ("RADDLE_ON_DIVERGENCE", answer)];
        error(&run("channel", &variables))
    };
    let wrong = answer("halt");
    assert!(wrong.contains("RADDLE_ON_DIVERGENCE: unknown answer \"halt\""), "{wrong}");
    let (_, token) = fail("choice");
    let answer = |answer: &str| {
        let variables =
            [("RADDLE_REPLAY", token.as_str()), (EDITED, "1"), ("RADDLE_ON_DIVERGENCE", answer)];
        error(&run("choice", &variables))
    };
    let (stop, error) = (answer("stop"), answer("error"));
    for text in [&stop, &error] {
        assert!(text.contains("error[nondeterminism]"), "{text}");
    }
    assert!(stop.contains("there is no such alternative"), "{stop}");
    assert!(error.contains("the token asks for what is not possible there"), "{error}");
}

/// To go on is what is done if nothing is asked for: the rest is left to the default schedule, and what comes of it is told as what it is.
#[test]
fn a_divergence_can_be_passed_over() {
    for name in ["channel", "deadlock", "choice"] {
        let (_, token) = fail(name);
        let answer = |more: &[(&str, &str)]| {
            let asked = [("RADDLE_REPLAY", token.as_str()), (EDITED, "1")];
            let output = run(name, &[&asked, more].concat());
            (output.status.code(), error(&output))
        };
        let (status, text) = answer(&[("RADDLE_ON_DIVERGENCE", "continue")]);
        let passes = text.contains("was run, and does not fail any more");
        assert_eq!(passes, name == "channel", "{name}: {text}");
        // The number of the thread that the test runs on is another each time.
        let said = |text: &str| {
            text.lines().filter(|line| !line.contains("panicked at")).collect::<Vec<_>>().join("\n")
        };
        let (usual, usually) = answer(&[]);
        assert_eq!((status, said(&text)), (usual, said(&usually)), "{name}");
    }
}

/// Colours are only for who asks for them, and never for who has said that there shall be none.
#[test]
fn colours_are_left_out() {
    let colors = |variables: &[(&str, &str)]| error(&run("race", variables)).contains('\u{1b}');
    assert!(!colors(&[]));
    assert!(colors(&[("CLICOLOR_FORCE", "1")]));
    assert!(!colors(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(colors(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")]));
    assert!(!colors(&[("CLICOLOR_FORCE", "1"), ("RADDLE_COLOR", "never")]));
    assert!(colors(&[("NO_COLOR", "1"), ("RADDLE_COLOR", "always")]));
}
