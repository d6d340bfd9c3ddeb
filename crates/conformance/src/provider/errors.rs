//! What errors and descriptions show.

use std::error::Error;

use mstore_pay_domain::ports::{OpenCharge, Operation, ProviderError};

use super::fixtures::{HASTY, Kit, first_offered, inquire, open, open_first, query};
use super::{ProviderHarness, ProviderRig, Scene};

const SCENES: [Scene; 12] = [
    Scene::Unreachable,
    Scene::TimeoutBefore,
    Scene::TimeoutAfter,
    Scene::Disconnect,
    Scene::ServerError,
    Scene::RateLimited,
    Scene::Unauthorized,
    Scene::InvalidRequest,
    Scene::Declined,
    Scene::Garbage,
    Scene::WrongAmount,
    Scene::WrongReference,
];

/// The scenes in which an opening fails: what an answer does not tell cannot be told wrongly.
fn failing(rig: &dyn ProviderRig) -> Vec<Scene> {
    let is_told = |scene: &Scene| !matches!(scene, Scene::WrongAmount | Scene::WrongReference);
    SCENES.into_iter().filter(|scene| rig.names_what_it_opens() || is_told(scene)).collect()
}

async fn error_in(rig: &dyn ProviderRig, scene: Scene) -> ProviderError {
    let (method, declared) = first_offered(rig);
    rig.arrange(Operation::Open, scene).await;
    let charge = OpenCharge { within: HASTY, ..Kit::default().charge(rig, method, &declared) };
    open(rig, &charge).await.expect_err("the call fails")
}

/// The causes of an error, outermost first.
fn causes(error: &ProviderError) -> Vec<String> {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes
}

/// An error says what was tried at which provider; why is left to its source, once.
pub async fn errors_say_what_was_tried_and_leave_the_cause_to_the_source(h: &dyn ProviderHarness) {
    for scene in failing(&*h.fresh().await) {
        let rig = h.fresh().await;
        let error = error_in(&*rig, scene).await;
        assert_eq!((&error.provider, error.operation), (&rig.provider().id(), Operation::Open), "{scene:?}");
        let said = error.to_string();
        for cause in causes(&error).iter().filter(|cause| !cause.is_empty()) {
            assert!(!said.contains(cause.as_str()), "{scene:?}: \"{said}\" repeats \"{cause}\"");
        }
    }
}

/// No secret is shown by the adapter, the account, an error with its causes, or what is kept of an exchange.
pub async fn secrets_are_never_shown(h: &dyn ProviderHarness) {
    let rig = h.fresh().await;
    let (charge, opened) = open_first(&*rig, &Kit::default()).await;
    let told = inquire(&*rig, query(&*rig, &charge, Some(&opened.provider_ref))).await;
    let mut shown = vec![rig.describe(), format!("{:?}", rig.account()), format!("{opened:?}"), format!("{told:?}")];
    for scene in failing(&*rig) {
        let rig = h.fresh().await;
        let error = error_in(&*rig, scene).await;
        shown.extend([error.to_string(), format!("{error:?}")]);
        shown.extend(causes(&error));
    }
    for secret in rig.secrets() {
        assert!(!secret.is_empty(), "an empty secret is in everything");
        for text in &shown {
            assert!(!text.contains(&secret), "a secret is shown: {}", text.replace(&secret, "<secret>"));
        }
    }
}
