use super::*;

#[test]
fn routes_of_one_provider_are_called_as_all_are() {
    for (pattern, expected) in [
        ("/api/v1/webhook/xendit", WEBHOOK),
        (WEBHOOK, WEBHOOK),
        ("/api/v1/webhook/{provider}/{account}", "/api/v1/webhook/{provider}/{account}"),
        ("/api/v1/pos/payments", "/api/v1/pos/payments"),
    ] {
        assert_eq!(called(pattern), expected);
    }
}
