//! The document of the API, and its page.

use reqwest::Method;

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn the_document_and_its_page_are_served_to_everybody_and_need_nothing_from_elsewhere() {
    let house = House::open().await;
    let document = house.bare(Method::GET, "/openapi.json").send().await;
    document.expect_status(200);
    assert_eq!(document.header("content-type"), "application/json");
    let document = document.json();
    assert_eq!(document["openapi"], "3.1.0");
    let page = house.bare(Method::GET, "/docs").send().await;
    page.expect_status(200);
    let html = String::from_utf8(page.bytes.clone()).unwrap();
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(html.contains(path.as_str()), "{path}");
    }
    for elsewhere in ["=\"http", "=\"//", "src=", "url(", "@import"] {
        assert!(!html.contains(elsewhere), "{elsewhere}");
    }
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
}
