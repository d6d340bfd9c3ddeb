//! With `sslmode=verify-full` nobody but the server that is meant is talked to.

use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::ports::PaymentRepository;
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_postgres::{OpenError, PostgresStore};
use mstore_pay_throwaway_postgres::{Cluster, Encrypted};

use crate::fixtures::{options, payment, unit};

fn url(server: &Encrypted, host: &str, options: &str) -> String {
    format!("{}?{options}", server.url(host, "postgres"))
}

fn verified(server: &Encrypted, host: &str, authority: &Encrypted) -> String {
    url(server, host, &format!("sslmode=verify-full&sslrootcert={}", authority.authority().display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_proves_its_name_is_written_to_encrypted() {
    let server = Cluster::encrypted();
    let store = PostgresStore::connect(&verified(&server, "localhost", &server), options()).await.unwrap();
    store.commit(&unit(&payment(&SequentialIds::default()), Due::Never)).await.unwrap();
    let ours = "SELECT count(*), count(*) FILTER (WHERE ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                WHERE application_name = 'mstore-pay'";
    let sessions = server.cluster.run("postgres", ours).unwrap();
    let (all, encrypted) = sessions.split_once('|').unwrap();
    assert!(all != "0" && all == encrypted, "{sessions}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_name_or_of_a_stranger_is_refused() {
    let (server, stranger) = (Cluster::encrypted(), Cluster::encrypted());
    for url in [
        verified(&server, "127.0.0.1", &server),
        verified(&stranger, "localhost", &server),
        url(&server, "localhost", "sslmode=verify-full"),
    ] {
        let refused = PostgresStore::connect(&url, options()).await;
        assert!(matches!(&refused, Err(OpenError::Connect { .. })), "{url}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_encrypt_is_refused_where_that_is_required() {
    let plain = Cluster::start(&[]);
    let refused = PostgresStore::connect(&format!("{}?sslmode=require", plain.url("postgres")), options()).await;
    assert!(matches!(&refused, Err(OpenError::Connect { .. })), "{refused:?}");
}
