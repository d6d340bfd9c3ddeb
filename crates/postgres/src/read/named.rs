//! Which payments are meant by names, of which there are several at once.

use diesel::expression::{ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, Bool, Nullable, Text};
use mstore_pay_tables::schema::payments;

/// Makes a type with one lifetime a condition on payments, of one text.
macro_rules! of_payments {
    ($condition:ident) => {
        impl QueryId for $condition<'_> {
            type QueryId = $condition<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl Expression for $condition<'_> {
            type SqlType = Bool;
        }

        impl<Source> AppearsOnTable<Source> for $condition<'_> where payments::id: AppearsOnTable<Source> {}

        impl<Source> SelectableExpression<Source> for $condition<'_> where payments::id: SelectableExpression<Source> {}

        impl ValidGrouping<()> for $condition<'_> {
            type IsAggregate = is_aggregate::No;
        }
    };
}

/// Whether the order of the payment of the row at hand has a payment with a charge, or a receipt, of one of those names at its
/// account. The three are of one length.
pub(super) fn in_orders_named_at<'a>(
    providers: &'a [&'a str],
    accounts: &'a [&'a str],
    names: &'a [&'a str],
) -> InOrdersNamedAt<'a> {
    InOrdersNamedAt { providers, accounts, names }
}

/// Each name is looked up by itself: a plan for all of them, made while a table was small, walks through an account.
#[derive(Debug, Clone, Copy)]
pub(super) struct InOrdersNamedAt<'a> {
    providers: &'a [&'a str],
    accounts: &'a [&'a str],
    names: &'a [&'a str],
}

of_payments!(InOrdersNamedAt);

impl QueryFragment<Pg> for InOrdersNamedAt<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("payments.id = ANY(ARRAY(SELECT DISTINCT beside.id FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.providers)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.accounts)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.names)?;
        out.push_sql(") AS n (provider, account_id, name) CROSS JOIN LATERAL (");
        out.push_sql("SELECT c.payment_id FROM charges AS c WHERE c.provider = n.provider ");
        out.push_sql("AND c.account_id = n.account_id AND c.provider_ref = n.name ");
        out.push_sql("UNION ALL SELECT r.payment_id FROM receipts AS r WHERE r.provider = n.provider ");
        out.push_sql("AND r.account_id = n.account_id AND r.payment_ref = n.name");
        out.push_sql(") AS named JOIN payments AS its ON its.id = named.payment_id JOIN payments AS beside ");
        out.push_sql("ON beside.merchant_id = its.merchant_id AND beside.order_code = its.order_code))");
        Ok(())
    }
}

/// Whether the payment of the row at hand is one that a merchant means. The three are of one length, and where there is an
/// id there is no provider's.
pub(super) fn named_by_merchants<'a>(
    merchants: &'a [&'a str],
    ids: &'a [Option<String>],
    provider_refs: &'a [Option<&'a str>],
) -> NamedByMerchants<'a> {
    NamedByMerchants { merchants, ids, provider_refs }
}

/// Each name is looked up by itself, as in [`InOrdersNamedAt`].
#[derive(Debug, Clone, Copy)]
pub(super) struct NamedByMerchants<'a> {
    merchants: &'a [&'a str],
    ids: &'a [Option<String>],
    provider_refs: &'a [Option<&'a str>],
}

of_payments!(NamedByMerchants);

impl QueryFragment<Pg> for NamedByMerchants<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("payments.id = ANY(ARRAY(SELECT named.id FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.merchants)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.provider_refs)?;
        out.push_sql(") AS n (merchant_id, id, provider_ref) CROSS JOIN LATERAL (");
        out.push_sql("SELECT its.id FROM payments AS its WHERE its.id = n.id AND its.merchant_id = n.merchant_id ");
        out.push_sql("UNION ALL SELECT its.payment_id FROM charges AS its ");
        out.push_sql("WHERE its.merchant_id = n.merchant_id AND its.provider_ref = n.provider_ref) AS named))");
        Ok(())
    }
}

/// Whether the payment of the row at hand is of one of those merchants' orders. The two are of one length.
pub(super) fn of_orders<'a>(merchants: &'a [&'a str], codes: &'a [&'a str]) -> OfOrders<'a> {
    OfOrders { merchants, codes }
}

/// Each order is looked up by itself, as in [`InOrdersNamedAt`].
#[derive(Debug, Clone, Copy)]
pub(super) struct OfOrders<'a> {
    merchants: &'a [&'a str],
    codes: &'a [&'a str],
}

of_payments!(OfOrders);

impl QueryFragment<Pg> for OfOrders<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("payments.id = ANY(ARRAY(SELECT its.id FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.merchants)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.codes)?;
        out.push_sql(") AS n (merchant_id, order_code) CROSS JOIN LATERAL (SELECT p.id FROM payments AS p ");
        out.push_sql("WHERE p.merchant_id = n.merchant_id AND p.order_code = n.order_code OFFSET 0) AS its))");
        Ok(())
    }
}
