use crate::cases::back_end_down::hears_everything;
use crate::rig::Plan;

#[tokio::test(flavor = "multi_thread")]
async fn a_back_end_that_was_down_for_an_hour_hears_of_everything_from_two_nodes() {
    hears_everything(Plan::of_nodes(2)).await;
}
