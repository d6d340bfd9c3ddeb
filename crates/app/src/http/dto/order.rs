use mstore_pay_domain::order::{Order, OrderState, PaidBy};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// An order as it was registered, and where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderBody {
    transaction_code: String,
    #[schema(schema_with = crate::http::schema::order_status)]
    status: &'static str,
    #[schema(schema_with = crate::http::schema::amount)]
    grand_total: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::http::schema::time)]
    paid_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_by_payment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::http::schema::time)]
    voided_at: Option<String>,
    #[schema(schema_with = crate::http::schema::time)]
    created_at: String,
}

impl OrderBody {
    pub(crate) fn of(order: &Order) -> Self {
        let paid = match &order.state {
            OrderState::Paid { at, by } | OrderState::Synced { paid_at: at, by } => Some((at, by)),
            OrderState::Draft
            | OrderState::PendingPayment
            | OrderState::Failed
            | OrderState::Expired
            | OrderState::Voided { .. } => None,
        };
        let voided_at = match &order.state {
            OrderState::Voided { at } => Some(at),
            OrderState::Draft
            | OrderState::PendingPayment
            | OrderState::Paid { .. }
            | OrderState::Synced { .. }
            | OrderState::Failed
            | OrderState::Expired => None,
        };
        Self {
            transaction_code: order.code.to_string(),
            status: order.state.status().word(),
            grand_total: super::amount(&order.grand_total),
            branch_code: order.branch.as_ref().map(ToString::to_string),
            payment_method: order.payment_method.clone(),
            paid_at: paid.map(|(at, _)| at.to_string()),
            paid_by: paid.map(|(_, by)| match by {
                PaidBy::Payment(_) => "payment",
                PaidBy::Cash => "cash",
            }),
            paid_by_payment_id: paid.and_then(|(_, by)| match by {
                PaidBy::Payment(payment) => Some(payment.to_string()),
                PaidBy::Cash => None,
            }),
            voided_at: voided_at.map(ToString::to_string),
            created_at: order.created_at.to_string(),
        }
    }
}
