//! Production starts with everything that matters, or not at all.

use crate::house::config;

const GOOD: [&str; 10] = [
    "--app-env=production",
    "--public-base-url=https://pay.example.com",
    "--link-secret=11111111111111111111111111111111",
    "--system-jwt-secret=22222222222222222222222222222222",
    "--jwt-issuer=https://id.example.com",
    "--jwt-audience=none",
    "--xendit-secret-key=xnd_production_3333333333333333",
    "--xendit-webhook-token=44444444444444444444444444444444",
    "--main-account-merchants=M1,M2",
    "--log-filter=warn",
];

/// What is refused with these arguments, one sentence a fault.
fn faults(args: &[&str]) -> Vec<String> {
    config(args).map_or_else(|error| error.faults, |_| Vec::new())
}

/// The good settings with one of them replaced, or left out.
fn without(name: &str, instead: Option<&str>) -> Vec<String> {
    let prefix = format!("{name}=");
    let kept = GOOD.iter().filter(|arg| !arg.starts_with(&prefix)).copied();
    let args: Vec<&str> = kept.chain(instead).collect();
    faults(&args)
}

#[track_caller]
fn check(found: &[String], setting: &str) {
    assert_eq!(found.len(), 1, "{setting}: {found:?}");
    assert!(found[0].contains(setting), "{setting}: {found:?}");
}

#[test]
fn with_everything_in_place_it_may_start() {
    assert_eq!(faults(&GOOD), Vec::<String>::new());
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let found = faults(&["--app-env=production"]).join("\n");
    for name in [
        "LINK_SECRET",
        "SYSTEM_JWT_SECRET",
        "XENDIT_SECRET_KEY",
        "XENDIT_WEBHOOK_TOKEN",
        "JWT_ISSUER",
        "JWT_AUDIENCE",
        "PUBLIC_BASE_URL",
        "MAIN_ACCOUNT_MERCHANTS",
    ] {
        assert!(found.contains(&format!("{name} is missing")), "{name}:\n{found}");
    }
}

#[test]
fn each_secret_must_be_there_and_be_one() {
    for (name, setting, bad) in [
        ("--link-secret", "LINK_SECRET", "--link-secret=short"),
        ("--link-secret", "LINK_SECRET", "--link-secret=   "),
        ("--link-secret", "LINK_SECRET", "--link-secret=development-link-secret-not-for-production"),
        ("--system-jwt-secret", "SYSTEM_JWT_SECRET", "--system-jwt-secret=short"),
        ("--system-jwt-secret", "SYSTEM_JWT_SECRET", "--system-jwt-secret=development-jwt-secret-not-for-production"),
        ("--xendit-secret-key", "XENDIT_SECRET_KEY", "--xendit-secret-key=xnd_development_sandbox"),
        ("--xendit-webhook-token", "XENDIT_WEBHOOK_TOKEN", "--xendit-webhook-token=sandbox-callback-token"),
        ("--xendit-webhook-token", "XENDIT_WEBHOOK_TOKEN", "--xendit-webhook-token="),
        ("--xendit-webhook-token", "XENDIT_WEBHOOK_TOKEN", "--xendit-webhook-token=short"),
        ("--public-base-url", "PUBLIC_BASE_URL", "--public-base-url=http://pay.example.com"),
        ("--public-base-url", "PUBLIC_BASE_URL", "--public-base-url=https://localhost"),
        ("--public-base-url", "PUBLIC_BASE_URL", "--public-base-url=https://192.168.1.20"),
        ("--public-base-url", "PUBLIC_BASE_URL", "--public-base-url=https://[fd00::1]"),
        ("--jwt-issuer", "JWT_ISSUER", "--jwt-issuer= "),
        ("--main-account-merchants", "MAIN_ACCOUNT_MERCHANTS", "--main-account-merchants=,"),
    ] {
        check(&without(name, Some(bad)), setting);
        check(&without(name, None), setting);
    }
}

#[test]
fn nothing_of_a_test_is_let_in() {
    for (bad, setting) in [
        ("--xendit-base-url=http://127.0.0.1:8081/xendit", "XENDIT_BASE_URL"),
        ("--xendit-base-url=https://127.0.0.1/xendit", "XENDIT_BASE_URL"),
        ("--failpoints=before_call=abort", "FAILPOINTS"),
        ("--time-scale=60", "TIME_SCALE"),
        ("--time-origin=2026-01-01T00:00:00Z", "TIME_ORIGIN"),
        ("--database-url=mysql://localhost/pay", "DATABASE_URL"),
        ("--ledger-token=of-the-ledger", "LEDGER_TOKEN"),
        ("--ledger-base-url=https://pos.example.com", "LEDGER_TOKEN is missing"),
        ("--xendit-api=v1", "XENDIT_API"),
        ("--confirm-webhooks=sometimes", "CONFIRM_WEBHOOKS"),
        ("--workers=off", "WORKERS=off needs PostgreSQL"),
    ] {
        check(&faults(&[&GOOD[..], &[bad]].concat()), setting);
    }
}

#[test]
#[cfg(feature = "postgres")]
fn what_goes_to_a_database_elsewhere_is_encrypted_or_said_not_to_be() {
    let faults_at = |url: &str| faults(&[&GOOD[..], &[url]].concat());
    check(&faults_at("--database-url=postgres://pay@db/pay"), "sslmode");
    for told in [
        "postgres://pay@db/pay?sslmode=verify-full",
        "postgres://pay@db/pay?sslmode=disable",
        "postgres://localhost/pay",
    ] {
        assert_eq!(faults_at(&format!("--database-url={told}")), Vec::<String>::new(), "{told}");
    }
}

#[test]
fn somebody_elses_ledger_is_reached_safely() {
    let faults_at = |url: &str| faults(&[&GOOD[..], &["--ledger-token=of-the-ledger", url]].concat());
    assert_eq!(faults_at("--ledger-base-url=https://pos.example.com/ledger"), Vec::<String>::new());
    check(&faults_at("--ledger-base-url=http://pos.example.com/ledger"), "LEDGER_BASE_URL is not https");
    check(&faults_at("--ledger-base-url=https://pos.example.com/?a=b"), "LEDGER_BASE_URL");
}

#[test]
fn a_live_key_is_for_production_only() {
    check(&faults(&["--xendit-secret-key=xnd_production_3333333333333333"]), "XENDIT_SECRET_KEY");
}

#[test]
fn secrets_come_from_files_and_are_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "55555555555555555555555555555555\n").unwrap();
    let from_file = format!("--link-secret-file={}", file.display());
    assert_eq!(without("--link-secret", Some(&from_file)), Vec::<String>::new());
    check(&faults(&[&GOOD[..], &[&from_file]].concat()), "LINK_SECRET");
    let of_database = folder.path().join("database-url");
    std::fs::write(&of_database, "sqlite://kept/in-a-file.db\n").unwrap();
    let from_file = format!("--database-url-file={}", of_database.display());
    let kept = config([&GOOD[..], &[&from_file]].concat().as_slice()).unwrap();
    assert_eq!(kept.database.to_string(), "sqlite://kept/in-a-file.db");
    check(&faults(&[&GOOD[..], &[&from_file, "--database-url=sqlite://other.db"]].concat()), "DATABASE_URL");
    let taken_back = config([&GOOD[..], &[&from_file, "--database-url="]].concat().as_slice()).unwrap();
    assert_eq!(taken_back.database.to_string(), "sqlite://kept/in-a-file.db");
    std::fs::write(&of_database, "\n").unwrap();
    for blank in [from_file.as_str(), "--database-url= "] {
        check(&faults(&[&GOOD[..], &[blank]].concat()), "DATABASE_URL is blank");
    }
    check(&faults(&[&GOOD[..], &["--database-url-file=/nowhere"]].concat()), "DATABASE_URL_FILE cannot be read");
    let printed = config(&GOOD).unwrap().describe();
    for secret in ["1111", "2222", "3333", "4444"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(printed.contains("XENDIT_SECRET_KEY=****"), "{printed}");
    assert!(!format!("{:?}", config(&GOOD).unwrap()).contains("4444"));
}
