//! What happens in the town.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::{
    AcceptedWebhook, AnswerRenderer, CreateError, CreatePayment, Created, Gateway, Lane, Refusal, Scope, Settler,
    SweepWindow, WorkLimits,
};
use mstore_pay_domain::idempotency::StoredAnswer;
use mstore_pay_domain::ids::{MerchantId, OrderCode};
use mstore_pay_domain::memory::{BookedStatus, ScriptedWebhooks};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::payment::{Payment, PaymentDetails};
use mstore_pay_domain::ports::{Clock as _, Operation};
use mstore_pay_domain::time::Timestamp;

use super::{Action, Done, Letter, Partner, Task, Town, Who};
use crate::gate::{Fate, Stop};
use crate::rules::{Rule, is_shown};
use crate::scenario::PRICE;

/// What a worker takes up at once.
const ONE: WorkLimits = WorkLimits { settle: 1, due: 1, publish: 0 };
/// How time goes on once faults stop: until everything is settled, and at the longest until no charge is watched.
const CALM_SECONDS: [u64; 20] = [2, 2, 16, 16, 16, 31, 61, 61, 61, 61, 61, 61, 61, 61, 61, 121, 301, 901, 3_601, 7_201];
const CALM_DAYS: u64 = 9;

struct NoAnswers;

impl AnswerRenderer for NoAnswers {
    fn opened(&self, _payment: &Payment) -> StoredAnswer {
        StoredAnswer { status: 200, body: Vec::new() }
    }

    fn refused(&self, _refusal: &Refusal) -> StoredAnswer {
        StoredAnswer { status: 422, body: Vec::new() }
    }
}

pub(super) fn merchant() -> MerchantId {
    MerchantId::parse("M1").unwrap()
}

pub(super) fn order() -> OrderCode {
    OrderCode::parse("TRX-1").unwrap()
}

fn command(method: Method) -> CreatePayment {
    CreatePayment {
        scope: Scope { merchant: merchant(), branch: None },
        actor: Actor::Worker,
        order_code: order(),
        method,
        amount: Money::from(PRICE),
        details: PaymentDetails::default(),
        expires_in: None,
        card_token: None,
        idempotency: None,
        switch_confirmed: false,
    }
}

async fn work(gateway: Gateway, now: Timestamp) -> Done {
    // What goes wrong is taken up again.
    let _due = gateway.work_lane(Lane::Due, now, ONE).await;
    let _settled = gateway.work_lane(Lane::Settle, now, ONE).await;
    Done::Other
}

impl Town {
    /// Does it; whatever an action leads to that needs nobody else happens with it.
    pub(crate) fn act(&mut self, action: Action) {
        match action {
            Action::Ask(till) => self.ask(till),
            Action::Work(worker) => {
                self.spent.rounds[worker] += 1;
                let (now, dues) = (self.clock.now(), self.dues.all());
                let gateway = self.nodes[worker].clone();
                self.start(Who::Worker(worker), worker, work(gateway, now));
                self.was_idle = self.is_free(worker) && self.dues.all() == dues;
            }
            Action::Sweep => {
                self.spent.sweeps += 1;
                let (gateway, account) = (self.nodes[0].clone(), self.world.account.clone());
                let mut window = self.window();
                self.start(Who::Sweeper, 0, async move {
                    let _report = gateway.sweep(&account, &mut window).await;
                    Done::Other
                });
            }
            Action::Tell(letter) => self.tell(letter),
            Action::Forge => self.forge(),
            Action::Pay(object) => self.pay(object),
            Action::Later => {
                self.world.clock.advance(self.scenario.pauses[usize::from(self.spent.jumps)]);
                self.spent.jumps += 1;
            }
            Action::Crash(node) => {
                self.spent.crashes += 1;
                self.tasks.retain(|_, task| task.node != node);
                self.nodes[node] = Gateway::new(self.ports.clone(), self.policies.clone());
            }
            Action::Go(who, fate) => {
                self.spent.faults += u8::from(fate != Fate::Well);
                self.go_on(who, fate);
            }
            Action::CalmDown => self.calm_down(),
        }
        self.look_around();
    }

    /// The first till asks, and nothing comes in between.
    pub(super) fn put_on_display(&mut self) {
        self.act(Action::Ask(0));
        while self.tasks.contains_key(&Who::Till(0)) {
            self.act(Action::Go(Who::Till(0), Fate::Well));
        }
    }

    fn ask(&mut self, till: usize) {
        self.spent.tries[till] += 1;
        let Some(method) = self.scenario.asks[till] else { return };
        let gateway = self.nodes[till].clone();
        self.start(Who::Till(till), till, async move {
            Done::Sold(Box::new(gateway.create(&command(method), &NoAnswers).await))
        });
    }

    fn tell(&mut self, letter: usize) {
        let Letter { from, raw, copies } = &mut self.letters[letter];
        let (from, raw, copy) = (from.clone(), raw.clone(), *copies);
        *copies += 1;
        let gateway = self.nodes[1].clone();
        self.start(Who::Courier { letter, copy }, 1, async move {
            let accepted = gateway.accept_webhook(&from, None, &raw, Settler::Caller).await;
            if let Ok(AcceptedWebhook::New { leased, .. }) = accepted {
                let _settled = gateway.settle_webhook(&leased).await;
            }
            Done::Other
        });
    }

    /// Somebody who has seen a genuine webhook turns it into one of money.
    fn forge(&mut self) {
        self.spent.forged += 1;
        let Some(booked) = self.world.provider.charges().into_iter().next() else { return };
        let body = format!(
            "event=paid\ncharge={}\nreference={}\norder={}\namount={PRICE}\npayment=spy-forged\npaid_at={}",
            booked.charge_ref,
            booked.our_reference,
            booked.order_code,
            self.clock.now()
        );
        let raw = ScriptedWebhooks::signed(&self.world.account, body);
        self.letters.push(Letter { from: self.world.account.provider.clone(), raw, copies: 0 });
        self.tell(self.letters.len() - 1);
    }

    fn pay(&mut self, object: usize) {
        self.spent.pays += 1;
        let reference = self.books()[object].our_reference.clone();
        let amount = Money::from(self.scenario.money);
        let mut taken = self.partners.iter().map(|partner| partner.provider.pay(reference.as_str(), &amount));
        assert!(taken.any(|taken| taken.is_ok()), "nobody has what is paid");
    }

    fn start(&mut self, who: Who, node: usize, work: impl Future<Output = Done> + Send + 'static) {
        let task = Task { node, work: Box::pin(work), at: Stop::Sleep, wakes_at: None, history: 0 };
        self.tasks.insert(who, task);
        self.go_on(who, Fate::Well);
    }

    fn go_on(&mut self, who: Who, fate: Fate) {
        let Some(mut task) = self.tasks.remove(&who) else { return };
        self.gate.let_go(fate);
        match task.work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => {
                (task.at, task.wakes_at) = self.gate.stood();
                let mut hasher = DefaultHasher::new();
                (task.history, task.at, fate, self.gate.decision()).hash(&mut hasher);
                task.history = hasher.finish();
                self.tasks.insert(who, task);
            }
            Poll::Ready(Done::Sold(sold)) => self.hear(who, *sold),
            Poll::Ready(Done::Other) => {}
        }
    }

    fn hear(&mut self, who: Who, sold: Result<Created, CreateError>) {
        let Who::Till(till) = who else { return };
        match sold {
            Ok(Created::Open(payment)) => {
                self.served[till] = true;
                self.acknowledged.insert((payment.id, payment.amount));
            }
            Ok(Created::Accepted(payment)) => {
                self.is_told_to_wait = true;
                self.acknowledged.insert((payment.id, payment.amount));
            }
            // A till that was told no, or why not, has lost nothing.
            Ok(Created::Replayed(_)) | Err(_) => {}
        }
    }

    /// What the customer sees, and what the provider writes of.
    fn look_around(&mut self) {
        for payment in self.payments() {
            if let Some(shown) = payment.shown_charge().filter(|_| is_shown(&payment)) {
                self.seen.insert(shown.our_reference.to_string());
            }
            if payment.status().saw_money() {
                self.paid_before.insert(payment.id);
            }
        }
        for Partner { provider, account } in &self.partners {
            let news = provider.take_webhooks(account);
            self.letters.extend(news.into_iter().map(|raw| Letter { from: account.provider.clone(), raw, copies: 0 }));
        }
    }

    fn window(&self) -> SweepWindow {
        SweepWindow::starting(self.clock.now().minus(Duration::from_hours(1)))
    }

    /// Lets everything end by itself, without a webhook: workers look, money is listed if it is at all, time passes.
    fn calm_down(&mut self) {
        self.is_over = true;
        self.gate.open();
        for _ in 0..1_000 {
            let Some(who) = self.tasks.keys().next().copied() else { break };
            self.go_on(who, Fate::Well);
            if let Some(wakes_at) = self.tasks.get(&who).and_then(|task| task.wakes_at) {
                self.world.clock.set(wakes_at.max(self.clock.now()));
            }
        }
        let mut window = self.window();
        let pauses = CALM_SECONDS.into_iter().map(Duration::from_secs);
        for pause in pauses.chain((0..CALM_DAYS).map(|_| Duration::from_hours(24))) {
            self.world.clock.advance(pause);
            for _ in 0..4 {
                let done = block_on(self.nodes[0].work_once(self.clock.now(), WorkLimits::default()));
                if done.is_ok_and(|done| done.is_idle()) {
                    break;
                }
            }
            if self.scenario.bounds.sweeps > 0 {
                let _report = block_on(self.nodes[0].sweep(&self.world.account, &mut window));
            }
            if self.judge(|facts| Rule::IN_THE_END.iter().all(|rule| rule.holds(facts))) {
                return;
            }
        }
    }

    /// All that can happen now.
    pub(crate) fn possible(&self, steps: usize) -> Vec<Action> {
        let Self { scenario, spent, .. } = self;
        let bounds = scenario.bounds;
        let mut possible = Vec::new();
        if self.is_over {
            return possible;
        }
        if steps < bounds.steps {
            self.steps_of_tasks(&mut possible);
            for till in 0..2 {
                let wants = scenario.asks[till].is_some() && !self.served[till] && spent.tries[till] < bounds.tries;
                if wants && !self.tasks.contains_key(&Who::Till(till)) {
                    possible.push(Action::Ask(till));
                }
                if spent.rounds[till] < bounds.rounds && self.is_free(till) && self.has_payments() {
                    possible.push(Action::Work(till));
                }
                if spent.crashes < bounds.crashes && self.tasks.values().any(|task| task.node == till) {
                    possible.push(Action::Crash(till));
                }
            }
            if spent.sweeps < bounds.sweeps && spent.pays > 0 && !self.tasks.contains_key(&Who::Sweeper) {
                possible.push(Action::Sweep);
            }
            let untold = self.letters.iter().enumerate().filter(|(_, letter)| letter.copies < bounds.copies);
            possible.extend(untold.map(|(letter, _)| Action::Tell(letter)));
            if scenario.is_forged && spent.forged == 0 && !self.seen.is_empty() {
                possible.push(Action::Forge);
            }
            if spent.pays < bounds.pays {
                self.payable(&mut possible);
            }
            if spent.jumps < bounds.jumps && self.has_payments() {
                possible.push(Action::Later);
            }
        }
        // Whatever is under way ends in a state in which nothing is, or at the bound.
        let is_quiet = self.tasks.values().all(|task| task.at == Stop::Sleep);
        if possible.is_empty() || (is_quiet && self.has_payments()) {
            possible.push(Action::CalmDown);
        }
        possible
    }

    fn is_free(&self, worker: usize) -> bool {
        !self.tasks.contains_key(&Who::Worker(worker))
    }

    fn steps_of_tasks(&self, possible: &mut Vec<Action>) {
        for (who, task) in &self.tasks {
            if task.at == Stop::Sleep && task.wakes_at.is_none_or(|at| at > self.clock.now()) {
                continue;
            }
            possible.push(Action::Go(*who, Fate::Well));
            let Stop::Call(operation) = task.at else { continue };
            if self.spent.faults == self.scenario.bounds.faults {
                continue;
            }
            // Of a question, nobody can tell whether it or its answer was lost; only an opening is answered with an id.
            let is_told_apart = |fate: &&Fate| match operation {
                Operation::Open => true,
                Operation::Inquire | Operation::Sweep => **fate == Fate::LostBefore,
                Operation::Cancel | Operation::Refund | Operation::Simulate => **fate != Fate::Misfit,
            };
            let fates = self.scenario.fates.iter().filter(is_told_apart);
            possible.extend(fates.map(|fate| Action::Go(*who, *fate)));
        }
    }

    fn payable(&self, possible: &mut Vec<Action>) {
        for (object, booked) in self.books().iter().enumerate() {
            let is_seen = self.seen.contains(booked.our_reference.as_str()) || booked.method == Method::Ovo;
            let is_open = booked.status == BookedStatus::Open && booked.expires_at > self.clock.now();
            // A charge that is paid is not asked about again: where no money is listed, no object takes any twice.
            let takes_money = booked.payments.is_empty() || self.scenario.bounds.sweeps > 0;
            if is_seen && is_open && takes_money {
                possible.push(Action::Pay(object));
            }
        }
    }
}
