//! Every fixed sentence that a user reads.

use crate::token::TokenError;

const COPY: &str = "copy the whole line again, from `rd1-` to its last character";

/// What is wrong with a token and what to do.
pub(crate) fn token_error(error: &TokenError) -> String {
    match error {
        TokenError::Empty => {
            "the replay token is empty: give the token that a report ends with, `rd1-…`".to_owned()
        }
        TokenError::NotAToken { path: true } => {
            "this looks like the path of a file and not like a replay token, which begins with `rd1-`: \
             check that the file exists and can be read"
                .to_owned()
        }
        TokenError::NotAToken { path: false } => {
            "this is not a replay token, which begins with `rd1-`: copy the token that a report ends with"
                .to_owned()
        }
        TokenError::Newer { version } => format!(
            "the replay token was made by a newer raddle (its format is {version}, the newest known here \
             is 1): update raddle, or run the test again"
        ),
        TokenError::Character { found, place } => format!(
            "character {place} of the replay token is {found:?}, which no token has (only digits and \
             letters without u): {COPY}"
        ),
        TokenError::Short { found, wanted } => {
            let wanted = wanted.map_or("more".to_owned(), |wanted| wanted.to_string());
            format!(
                "the replay token is cut short: it has {found} characters after `rd1`, hyphens not \
                 counted, and needs {wanted}: {COPY}"
            )
        }
        TokenError::Long { found, wanted } => format!(
            "the replay token is too long: it has {found} characters after `rd1`, hyphens not counted, \
             and needs {wanted}: remove what follows its end, or {COPY}"
        ),
        TokenError::Checksum => format!(
            "the checksum of the replay token is wrong, so at least one of its characters is: {COPY}; do \
             not type it"
        ),
        TokenError::Nonsense => {
            "the replay token is complete but describes no execution, so this raddle did not make it: run \
             the test again to get a new one"
                .to_owned()
        }
        TokenError::OtherTest { asked, test, name: Some(name) } => format!(
            "the replay token belongs to the test `{name}` (hash {test:05x}) and not to `{asked}`: replay \
             it with `{name}`"
        ),
        TokenError::OtherTest { asked, test, name: None } => format!(
            "the replay token belongs to another test (hash {test:05x}) than `{asked}`: replay it with \
             the test that it was reported for; if that was renamed since, run it again"
        ),
    }
}
