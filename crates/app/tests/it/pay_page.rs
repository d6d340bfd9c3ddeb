//! What customers see.

use reqwest::Method;

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn the_link_opens_the_page_and_its_pictures_without_any_token_of_ours() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let page_url = payment["pay_page_url"].as_str().unwrap();
    let path = page_url.strip_prefix(&house.base).unwrap();
    let page = house.bare(Method::GET, path).send().await;
    page.expect_status(200);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(String::from_utf8(page.bytes).unwrap().contains("33.000"));
    for (tail, kind) in [("/qr.svg", "image/svg+xml"), ("/qr.png", "image/png")] {
        let picture = house.bare(Method::GET, &format!("{path}{tail}")).send().await;
        picture.expect_status(200);
        assert_eq!(picture.header("content-type"), kind);
    }
    assert_eq!(payment["qr_url"], format!("{page_url}/qr.png"));
    house.customer_pays("TRX-1", true).await;
    house.until_status(&payment["payment_id"], "paid").await;
    house.bare(Method::GET, path).send().await.expect_status(200);
    house.bare(Method::GET, &format!("{path}/qr.png")).check(404, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_not_given_out_opens_nothing() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let path = payment["pay_page_url"].as_str().unwrap().strip_prefix(&house.base).unwrap();
    let mut changed = path.to_owned();
    let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
    changed.push(last);
    for path in [changed.as_str(), "/pay/x", "/pay/pay_00000000000000000000000000000000"] {
        let page = house.bare(Method::GET, path).send().await;
        page.expect_status(404);
        assert!(page.header("content-type").starts_with("text/html"));
        for tail in ["/qr.svg", "/qr.png", "/events"] {
            house.bare(Method::GET, &format!("{path}{tail}")).check(404, "not_found").await;
        }
    }
    house.bare(Method::GET, "/pay/return").send().await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_told_of_the_money_and_of_nothing_else() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let url = format!("{}/events", payment["pay_page_url"].as_str().unwrap());
    let following = house.client.get(url).send().await.unwrap();
    house.customer_pays("TRX-1", true).await;
    let events = following.text().await.unwrap();
    assert!(
        events.contains(r#"data: {"status":"pending"}"#) && events.contains(r#"data: {"status":"paid"}"#),
        "{events}"
    );
}
