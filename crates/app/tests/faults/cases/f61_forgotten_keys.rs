use std::time::Duration;

use chrono::Utc;
use tokio::time::sleep;

use super::shop::{PATIENCE, Shop};
use crate::rig::{Plan, StoreKind};
use crate::scale::{at_once, cases};
use crate::till::{ClientLog, Sale, Till};

const ORDERS: u64 = 100;
/// Twenty-five hours in twenty seconds.
const TIME_SCALE: u32 = 4_500;
const A_DAY_AND_AN_HOUR: Duration = Duration::from_hours(25);
/// They wait to be paid all the while.
const EXPIRES_IN_SECONDS: u32 = 10 * 24 * 60 * 60;

#[tokio::test(flavor = "multi_thread")]
async fn f61_an_order_that_is_sent_again_after_its_key_is_over_still_has_one_object() {
    let origin = Utc::now().to_rfc3339();
    let faster = TIME_SCALE.to_string();
    let mut plan =
        Plan::over(StoreKind::of_run()).with("TIME_SCALE", faster.as_str()).with("TIME_ORIGIN", origin.as_str());
    plan.sandbox_args.extend(["--time-scale", &faster, "--time-origin", &origin].map(str::to_owned));
    let shop = Shop::open_as(plan).await;
    let n = cases(ORDERS);
    // What is asked under a key that is over is no replay of it: nobody holds the answers against each other.
    let later = Till::new(&shop.rig, "M1", "L0_CASHIER", PATIENCE, &ClientLog::default());
    let send = |till: &Till, number: u64| {
        let sale = Sale::of(format!("F61-{number}"), 33_000).by("va_bca").expiring_in(EXPIRES_IN_SECONDS);
        let (till, sale) = (till.clone(), sale.with_key(format!("f61-{number}")));
        async move { till.create(&sale).await }
    };
    let first = at_once(n, 8, |number| send(&shop.till, number)).await;
    assert!(first.iter().all(|answer| answer.status() == 200), "{first:?}");
    sleep(A_DAY_AND_AN_HOUR / TIME_SCALE).await;
    let again = at_once(n, 8, |number| send(&later, number)).await;
    let replayed = again.iter().filter(|exchange| exchange.answer().is_some_and(|answer| answer.replayed)).count();
    let taken = again.iter().filter(|exchange| exchange.status() == 200).count();
    let objects = shop.rig.control.charges().await.len();
    shop.judge("F61").await;
    println!("F61 n={n} sent_again={taken} from_its_key={replayed} objects={objects}");
    assert_eq!((u64::try_from(taken), u64::try_from(objects)), (Ok(n), Ok(n)), "answers, objects");
    assert_eq!(replayed, 0, "keys that are over");
}
