//! Nothing that was ever committed is a secret, as far as a script can tell (`scripts/secrets-in-history`).

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A command in that folder, of which no hook that runs these tests says which repository is meant.
fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"] {
        command.env_remove(name);
    }
    command.current_dir(folder);
    command
}

fn git(folder: &Path, args: &[&str]) {
    let who = ["-c", "user.name=Ani", "-c", "user.email=ani@example.com", "-c", "commit.gpgsign=false"];
    let done = command("git", folder).args(who).args(args).output().unwrap();
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A repository that has had that text in a file, and has it no longer.
fn once_with(text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    for (content, message) in [(text, "A setting"), ("", "No setting")] {
        fs::write(folder.path().join("settings"), content).unwrap();
        git(folder.path(), &["add", "settings"]);
        git(folder.path(), &["commit", "--quiet", "--message", message]);
    }
    folder
}

fn look_through(folder: &Path) -> Output {
    command(&format!("{ROOT}/scripts/secrets-in-history"), folder).arg("HEAD").output().unwrap()
}

#[track_caller]
fn check(folder: &Path, is_clean: bool, saying: &str) {
    let looked = look_through(folder);
    let said = [looked.stdout, looked.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert_eq!((looked.status.success(), said.contains(saying)), (is_clean, true), "{said}");
}

#[test]
fn no_secret_was_ever_committed() {
    check(Path::new(ROOT), true, "");
}

#[test]
fn a_secret_that_was_taken_out_again_is_found() {
    let long = "k".repeat(24);
    // Put together here, or they would be found in this file.
    for (secret, told) in [
        (format!("xnd_production_{long}"), "settings: a key of Xendit"),
        (format!("XENDIT_SECRET_KEY=xnd_development_{long}"), "settings: a key of Xendit"),
        (format!("\"SB-Mid-server-{long}\""), "settings: a key of Midtrans"),
        (format!("-----BEGIN RSA {} KEY-----", "PRIVATE"), "settings: a private key"),
        (format!("AKIA{}", "K".repeat(16)), "settings: a key of AWS"),
        (format!("Bearer eyJ{long}.eyJ{long}.{long}"), "settings: a token (JWT)"),
        (format!("postgres://pay:{long}@db/pay"), "settings: a password of a database"),
    ] {
        let folder = once_with(&secret);
        check(folder.path(), false, told);
        assert!(
            !String::from_utf8_lossy(&look_through(folder.path()).stdout).contains(&long),
            "{told} is told in full"
        );
    }
    check(once_with("xnd_development_sandbox").path(), true, "0 secrets in 2 commits");
}

#[test]
fn a_clone_without_its_history_and_no_repository_at_all_have_none_to_look_through() {
    let folder = once_with(&format!("xnd_production_{}", "k".repeat(24)));
    let elsewhere = TempDir::new().unwrap();
    let origin = format!("file://{}", folder.path().display());
    git(elsewhere.path(), &["clone", "--quiet", "--depth=1", &origin, "clone"]);
    check(&elsewhere.path().join("clone"), true, "0 secrets in 1 commits, as far as this clone reaches");
    check(elsewhere.path(), true, "no repository");
}
