//! Names of secret-key cryptography in source that ships. The package graph cannot see them, since
//! one crate gives both halves: verifying and signing. Called by `tidy::run`.

use super::files::Files;
use super::finding::Finding;
use super::layers::{SecretNames, lies_in};
use super::source::{line_of, words};

/// Every place outside `allowed_in` that names the secret half.
pub(crate) fn check(files: &Files, rule: &SecretNames) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files
        .rust
        .iter()
        .filter(|file| !lies_in(&file.path, &rule.allowed_in))
    {
        let code = &file.shipped;
        let uses_crate = words(code, &rule.crate_name).next().is_some();
        let modules = rule.modules.iter().filter(|_| uses_crate);
        for name in rule.names.iter().chain(modules) {
            if let Some(at) = words(code, name).next() {
                let place = format!("{}:{}", file.path, line_of(code, at));
                findings.push(Finding::new(
                    place,
                    format!("names {name}"),
                    &rule.why,
                    &rule.fix,
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::files::temporary::files;
    use super::super::layers;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let (_root, files) = files(&[(path, text)]);
        let layers = layers::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
        check(&files, &layers.secret_names)
            .into_iter()
            .map(|f| format!("{}: {}", f.place, f.what))
            .collect()
    }

    #[test]
    fn signing_outside_the_vault_is_found() {
        let text = "use aws_lc_rs::signature;\nlet k: signature::Ed25519KeyPair;\n";
        assert_eq!(
            found("boxes/keeper/src/lib.rs", text),
            ["boxes/keeper/src/lib.rs:2: names Ed25519KeyPair"]
        );
        assert!(found("boxes/vault/src/sign.rs", text).is_empty());
        assert!(found("client/signer/src/lib.rs", text).is_empty());
    }

    #[test]
    fn sealing_is_found_in_a_file_that_uses_the_crate() {
        assert_eq!(
            found("print/src/a.rs", "use aws_lc_rs::{aead, digest};\n"),
            ["print/src/a.rs:1: names aead"]
        );
        assert!(found("print/src/a.rs", "fn hmac_digest_len(hmac: &[u8]) {}\n").is_empty());
    }

    #[test]
    fn tests_and_comments_may_name_them() {
        assert!(
            found(
                "boxes/verify/src/a.rs",
                "// Ed25519KeyPair\n#[cfg(test)]\nmod tests { use aws_lc_rs::hmac; }\n"
            )
            .is_empty()
        );
    }
}
