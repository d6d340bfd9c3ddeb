use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::f01_kill::{KILLS, report};
use super::shop::{RECOVERED_WITHIN, Shop, millis};
use crate::rig::Pay;
use crate::scale::{Draws, at_once, cases, percentile};
use crate::till::{Messenger, Sale};

/// Sales of one round, whose webhooks come one after the other and all over again.
const SALES: u64 = 20;
const CONNECTIONS: u64 = 8;
/// Eight connections that each pause so long bring two hundred webhooks a second.
const PAUSE: Duration = Duration::from_millis(40);
/// For one webhook, with a restart in it.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_mins(1);
/// For the provider to write down what it kept back.
const KEPT_BACK_WITHIN: Duration = Duration::from_secs(5);

/// Brings webhooks until told to stop, each with a field that makes it another one; what was not acknowledged is
/// brought again until it is, as a provider does.
async fn bring(messenger: &Messenger, bodies: &[Value], round: u64, brought: &AtomicU64, until: Instant) {
    while Instant::now() < until {
        let number = brought.fetch_add(1, Ordering::Relaxed);
        let mut body = bodies[usize::try_from(number).expect("an index") % bodies.len()].clone();
        body["brought"] = json!(format!("{round}-{number}"));
        let body = body.to_string();
        let began = Instant::now();
        loop {
            let heard = messenger.deliver(&body).await;
            if heard.status() == 200 {
                break;
            }
            assert!(began.elapsed() < ACKNOWLEDGED_WITHIN, "{round}-{number} is never acknowledged: {heard:?}");
            sleep(PAUSE).await;
        }
        sleep(PAUSE).await;
    }
}

/// The webhooks of money on these objects, as soon as there is one of each: the provider, which keeps them to itself,
/// writes them down after it said that money came.
async fn kept_back(shop: &Shop, objects: &[&str]) -> Vec<Value> {
    let deadline = Instant::now() + KEPT_BACK_WITHIN;
    loop {
        let mut kept = shop.rig.control.deliveries().await;
        kept.retain(|it| it.event == "payment.capture" && objects.contains(&it.charge_id.as_str()));
        if kept.len() == objects.len() {
            let bodies = kept.iter().map(|it| serde_json::from_str(it.body.get()).expect("a webhook is JSON"));
            return bodies.collect();
        }
        let (few, all) = (kept.len(), objects.len());
        assert!(Instant::now() < deadline, "every payment has a webhook that was kept back: {few} of {all}");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f15_killed_amid_webhooks_the_gateway_keeps_all_it_acknowledged() {
    // The list of arrived money stays empty, so that webhooks alone bring the news.
    let mut shop = Shop::open_listing_after(3_600_000).await;
    shop.rig.control.faults(&json!([shop.rule("webhook", "drop")])).await;
    let kills = cases(KILLS);
    let mut draws = Draws::seeded(15);
    let (mut restarts, mut recoveries, brought) = (Vec::new(), Vec::new(), AtomicU64::new(0));
    for round in 0..kills {
        let sold = at_once(SALES, 8, |number| {
            let shop = &shop;
            async move {
                let shown = shop.show(&Sale::of(format!("F15-{round}-{number}"), 33_000)).await;
                let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
                shop.rig.control.pay(&object, &Pay::default()).await;
                (shown.payment_id, object)
            }
        })
        .await;
        let objects: Vec<&str> = sold.iter().map(|(_, object)| object.as_str()).collect();
        let bodies = kept_back(&shop, &objects).await;
        let until = Instant::now() + Duration::from_secs(2);
        let messenger = Messenger::new(&shop.rig, &shop.log);
        let strike = Duration::from_millis(draws.below(2_000));
        let bringing = at_once(CONNECTIONS, 8, |_| bring(&messenger, &bodies, round, &brought, until));
        let striking = async {
            sleep(strike).await;
            shop.rig.kill_gateway();
            restarts.push(millis(shop.rig.start_gateway().await));
            Instant::now()
        };
        let (_, ready) = tokio::join!(bringing, striking);
        for (payment_id, _) in &sold {
            let told = shop.till.await_status(payment_id, "paid", RECOVERED_WITHIN).await;
            assert_eq!(told["status"], "paid", "kill {round}: {told}");
        }
        recoveries.push(millis(ready.elapsed()));
    }
    let brought = brought.load(Ordering::Relaxed);
    let run = format!("F15 n={kills} webhooks={brought} restart_max={}ms", percentile(restarts, 100));
    report(shop, "F15", &run, recoveries).await;
}
