//! The ceremony as a command: reads config and the post's key, writes packages and transcript.
//!
//! Everything written is public or sealed to one box: the folder may be carried on any medium.

use boxd::args::Invocation;
use item::{BoxKind, Digest, Layout, Signed, TranscriptBody};
use keys::Plan;
use std::fmt::Write;
use std::path::Path;
use vault::{OsEntropy, Secret};

/// Holds a ceremony; says what it wrote.
pub(crate) fn hold(invocation: &Invocation) -> Result<String, String> {
    let path = |name| invocation.need_path(name).map_err(|e| e.to_string());
    let (config, postal, out) = (path("config")?, path("postal-key")?, path("out")?);
    let text = read(&config)?;
    let plan = Plan::parse(&text).map_err(|e| e.to_string())?;
    let master = Digest::from_hex(read(&postal)?.trim_end())
        .ok_or_else(|| format!("{}: not 64 hex digits", postal.display()))?;
    let ceremony = keys::hold(
        &plan,
        &text,
        &Secret::new(master.0),
        boxd::now().wall,
        &mut OsEntropy,
    )
    .map_err(|e| e.to_string())?;

    let packages = out.join("packages");
    std::fs::create_dir_all(&packages).map_err(|e| format!("{}: {e}", packages.display()))?;
    for (planned, sealed) in &ceremony.packages {
        let name = format!("{}-{}.package", name_of(planned.kind), planned.id.0);
        write_new(&packages.join(name), sealed)?;
    }
    write_new(&out.join("transcript.bin"), &ceremony.transcript)?;
    let fingerprint = format!("{}\n", ceremony.fingerprint);
    write_new(&out.join("root.fingerprint"), fingerprint.as_bytes())?;
    let readable = readable(&ceremony.transcript, &ceremony.fingerprint)?;
    write_new(&out.join("transcript.txt"), readable.as_bytes())?;
    Ok(format!(
        "{} packages and the transcript written to {}\nroot fingerprint {}",
        ceremony.packages.len(),
        out.display(),
        ceremony.fingerprint
    ))
}

fn name_of(kind: BoxKind) -> String {
    kind.name().to_lowercase()
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Never overwrites: a second ceremony over the first one's results would orphan its boxes.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), String> {
    std::fs::File::create_new(path)
        .and_then(|mut file| {
            std::io::Write::write_all(&mut file, bytes)?;
            file.sync_all()
        })
        .map_err(|e| format!("{}: {e}", path.display()))
}

/// The transcript for people: everything that was enrolled and issued.
fn readable(transcript: &[u8], fingerprint: &Digest) -> Result<String, String> {
    let body = Signed::<TranscriptBody>::from_bytes(transcript)
        .map_err(|e| e.to_string())?
        .body;
    let mut out = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to a String does not fail.
        let _ = writeln!(out, "{name:<20} {value}");
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    line("installation", body.installation.to_string());
    line("name", text(body.name.as_slice()));
    line("held at", format!("{} (ms since 1970 UTC)", body.time.0));
    line("root fingerprint", fingerprint.to_string());
    line("config digest", body.config.to_string());
    line(
        "mode",
        if body.specimen { "specimen" } else { "live" }.to_owned(),
    );
    line(
        "item credits",
        format!(
            "from day {} to day {} after the mailing date",
            body.credit_waiting_days, body.credit_window_days
        ),
    );
    line("epoch", body.epoch.body.epoch.0.to_string());
    line("vendor key check", body.vendor_key_check.to_string());
    line("postal key check", body.postal_key_check.to_string());
    for certificate in body.certificates.as_slice() {
        let c = &certificate.body;
        line(
            "certificate",
            format!(
                "{} {} {} {}",
                c.serial.0,
                name_of(c.box_kind),
                c.usage.name().to_lowercase(),
                verify::key_id(&c.key)
            ),
        );
    }
    for (name, quorum) in [
        ("operator", &body.operators),
        ("treasury", &body.treasury),
        ("refunder", &body.refunders),
    ] {
        line(
            name,
            format!("{} of {}", quorum.threshold(), quorum.keys().len()),
        );
        for key in quorum.keys() {
            line(
                name,
                format!("{} {}", text(key.name.as_slice()), verify::key_id(&key.key)),
            );
        }
    }
    for (name, keys) in [
        ("verifier", &body.verifiers),
        ("rate signer", &body.rate_signers),
        ("reporter", &body.reporters),
        ("server", &body.servers),
    ] {
        for key in keys.as_slice() {
            line(
                name,
                format!("{} {}", text(key.name.as_slice()), verify::key_id(&key.key)),
            );
        }
    }
    for one in body.boxes.as_slice() {
        line(
            "box",
            format!(
                "{} {} channel {}",
                name_of(one.kind),
                one.id.0,
                verify::key_id(&one.channel)
            ),
        );
    }
    Ok(out)
}
