//! One function of each kind there is: annotated, it compiles without a warning and gives the same.

#![deny(warnings, clippy::all, clippy::pedantic)]
#![expect(unsafe_code, reason = "unsafe functions are functions too")]

use std::{
    cell::Cell,
    error::Error,
    fmt::{self, Debug, Display},
    future::Future,
    marker::PhantomData,
    panic::Location,
    pin::Pin,
};

use spandrel::{counted, testing, timed, traced};

#[path = "signatures/policies.rs"]
mod policies;
#[path = "signatures/purposes.rs"]
mod purposes;

/// Runs a future that needs no reactor.
fn block_on<F: Future>(future: F) -> F::Output {
    use std::task::{Context, Poll, Waker};

    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[timed]
mod free {
    use super::*;

    #[traced]
    fn unit() {}

    #[traced]
    fn number() -> u8 {
        7
    }

    #[traced(args)]
    fn by_value(a: u8, b: String) -> usize {
        usize::from(a) + b.len()
    }

    #[traced(args)]
    fn mutable(mut a: u8) -> u8 {
        a += 1;
        a
    }

    #[traced(args)]
    fn patterns((a, b): (u8, u8), [c, ..]: [u8; 3], Pair { x, y: z }: Pair) -> u8 {
        a + b + c + x + z
    }

    struct Pair {
        x: u8,
        y: u8,
    }

    #[traced(args)]
    fn ignored(_: u8, _b: u8) -> u8 {
        1
    }

    #[traced]
    fn elided(text: &str) -> &str {
        &text[1..]
    }

    #[traced]
    fn named<'a, 'b: 'a>(one: &'a str, other: &'b str) -> &'a str {
        if one.is_empty() { other } else { one }
    }

    #[traced]
    fn exclusive(list: &mut Vec<u8>) -> &mut u8 {
        list.push(1);
        &mut list[0]
    }

    #[traced]
    fn early(a: u8) -> u8 {
        if a > 3 {
            return 3;
        }
        a
    }

    #[traced]
    fn question(text: &str) -> Result<u8, std::num::ParseIntError> {
        let number: u8 = text.parse()?;
        Ok(number + 1)
    }

    #[traced]
    fn boxed_error(text: &str) -> Result<u8, Box<dyn Error>> {
        if text.is_empty() {
            return Err("empty".into());
        }
        Ok(text.parse()?)
    }

    #[traced]
    fn coerced(a: u8) -> Box<dyn Display> {
        Box::new(a)
    }

    #[traced]
    fn option(text: Option<&str>) -> Option<usize> {
        Some(text?.len())
    }

    #[traced]
    fn opaque(n: u8) -> impl Iterator<Item = u8> {
        0..n
    }

    #[traced]
    fn opaque_inside(n: u8) -> Result<impl Iterator<Item = u8>, String> {
        if n == 0 { Err("zero".to_owned()) } else { Ok(0..n) }
    }

    #[traced(args)]
    fn takes_impl(text: impl Into<String> + Debug) -> String {
        text.into()
    }

    #[traced(args)]
    fn generic<T, const N: usize>(list: [T; N]) -> String
    where
        T: Display + Clone,
    {
        list.iter().map(ToString::to_string).collect()
    }

    #[traced(args)]
    fn unbounded<T>(value: T) -> T {
        value
    }

    #[traced]
    unsafe fn dangerous(pointer: *const u8) -> u8 {
        unsafe { *pointer }
    }

    #[traced]
    extern "C" fn foreign(a: i32) -> i32 {
        a + 1
    }

    #[traced]
    fn never() -> ! {
        panic!("as intended")
    }

    #[traced]
    #[track_caller]
    fn caller() -> u32 {
        Location::caller().line()
    }

    #[traced]
    fn recursive(n: u32) -> u32 {
        if n == 0 { 0 } else { 1 + recursive(n - 1) }
    }

    #[traced(args)]
    fn r#match(r#type: u8) -> u8 {
        r#type
    }

    #[traced]
    fn nested() -> u8 {
        #[traced]
        fn inner() -> u8 {
            1
        }
        inner() + 1
    }

    #[traced]
    #[must_use]
    #[inline]
    fn decorated() -> u8 {
        1
    }

    #[traced]
    fn inner_attribute() -> u8 {
        #![allow(clippy::let_and_return)]
        let value = 3;
        value
    }

    #[traced]
    fn items_after_statements() -> u8 {
        use std::cmp::max;
        const ONE: u8 = 1;
        max(ONE, 2)
    }

    #[traced(fields(a, text.len = text.len(), "quoted key" = 1.5, shown = %a, debugged = ?text, ?list))]
    fn fields(a: u8, text: &str, list: &[u8]) -> usize {
        usize::from(a) + text.len() + list.len()
    }

    #[traced]
    fn marked(#[field] id: u64, #[field(name = "user.name", redact = mask)] name: &str) -> usize {
        name.len() + usize::from(id > 0)
    }

    #[traced(args)]
    fn conditional(#[cfg(any())] gone: NoSuchType, #[cfg(not(any()))] kept: u8) -> u8 {
        kept
    }

    #[traced]
    fn closure(n: u8) -> impl Fn(u8) -> u8 {
        move |m| n + m
    }

    #[traced]
    fn higher_ranked(f: &dyn for<'a> Fn(&'a str) -> &'a str) -> usize {
        f("abc").len()
    }

    #[traced]
    fn function_pointer(f: fn(u8) -> u8) -> u8 {
        f(1)
    }

    #[traced(name = "order {id} of {name:?}", kind = client, level = debug, target = "shop", ret)]
    fn dynamic(id: u8, name: &str) -> usize {
        usize::from(id) + name.len()
    }

    #[traced(error_if = |n| *n > 2, err(none), ret(Display))]
    fn judged(n: u8) -> u8 {
        n
    }

    #[traced]
    fn todo_body() -> u8 {
        if spandrel::functions().is_empty() { unreachable!() } else { 4 }
    }

    #[traced]
    fn dropped_in_order(_guard: Noisy<'_>, seen: &Cell<u8>) -> u8 {
        seen.get()
    }

    struct Noisy<'c>(&'c Cell<u8>);

    impl Drop for Noisy<'_> {
        fn drop(&mut self) {
            self.0.set(9);
        }
    }

    static THREE: u8 = 3;

    #[test]
    fn free_functions_give_what_they_gave() {
        let capture = testing::capture();
        capture.run(|| {
            unit();
            assert_eq!(number(), 7);
            assert_eq!(by_value(1, "ab".to_owned()), 3);
            assert_eq!(mutable(1), 2);
            assert_eq!(patterns((1, 2), [3, 0, 0], Pair { x: 4, y: 5 }), 15);
            assert_eq!(ignored(1, 2), 1);
            assert_eq!(elided("abc"), "bc");
            assert_eq!(named("", "x"), "x");
            *exclusive(&mut vec![]) += 1;
            assert_eq!((early(9), early(1)), (3, 1));
            assert_eq!(question("4").unwrap(), 5);
            assert!(question("x").is_err() && boxed_error("").is_err());
            assert_eq!(coerced(3).to_string(), "3");
            assert_eq!((option(Some("ab")), option(None)), (Some(2), None));
            assert_eq!(opaque(3).sum::<u8>(), 3);
            assert_eq!(opaque_inside(3).unwrap().count(), 3);
            assert_eq!(takes_impl("x"), "x");
            assert_eq!(generic([1, 2]), "12");
            assert_eq!(unbounded(PhantomData::<u8>), PhantomData);
            // SAFETY: the pointer is one of a live value.
            assert_eq!(unsafe { dangerous(&raw const THREE) }, 3);
            assert_eq!(foreign(1), 2);
            assert!(std::panic::catch_unwind(|| never()).is_err());
            assert_eq!(caller(), line!());
            assert_eq!(recursive(5), 5);
            assert_eq!(r#match(2), 2);
            assert_eq!(nested(), 2);
            assert_eq!(decorated() + inner_attribute() + items_after_statements(), 6);
            assert_eq!(fields(1, "ab", &[1]), 4);
            assert_eq!(marked(1, "Ann"), 4);
            assert_eq!(conditional(3), 3);
            assert_eq!(closure(1)(2), 3);
            assert_eq!(higher_ranked(&|text| text), 3);
            assert_eq!(function_pointer(|n| n + 1), 2);
            assert_eq!(dynamic(1, "ab"), 3);
            assert_eq!(judged(3), 3);
            assert_eq!(todo_body(), 4);
            let seen = Cell::new(1);
            assert_eq!(dropped_in_order(Noisy(&seen), &seen), 1);
            assert_eq!(seen.get(), 9);
        });
        assert_eq!(capture.spans().len(), 48);
    }
}

#[timed]
mod methods {
    use super::*;

    #[derive(Debug, Default)]
    struct Shop<T> {
        items: Vec<T>,
    }

    #[traced]
    #[counted]
    impl<T: Clone + Debug + Send + Sync> Shop<T> {
        const LIMIT: usize = 3;

        const fn limit() -> usize {
            Self::LIMIT
        }

        fn new() -> Self {
            Self { items: Vec::new() }
        }

        fn shared(&self) -> usize {
            self.items.len()
        }

        fn add(&mut self, item: T) -> &mut T {
            self.items.push(item);
            let last = self.items.len() - 1;
            &mut self.items[last]
        }

        #[traced(kind = server, args(self))]
        fn consume(self) -> Vec<T> {
            self.items
        }

        fn boxed(self: Box<Self>) -> Vec<T> {
            self.items
        }

        fn pinned(self: Pin<&mut Self>) -> usize {
            self.items.len()
        }

        #[traced(skip)]
        fn skipped(&self) -> bool {
            self.items.is_empty()
        }

        async fn wait(&self) -> &[T] {
            &self.items
        }

        async fn wait_mut(&mut self, item: &T) -> &mut T {
            self.items.push(item.clone());
            let last = self.items.len() - 1;
            &mut self.items[last]
        }
    }

    #[traced(args)]
    trait Price {
        const RATE: u32 = 2;

        fn price(&self) -> u32;

        fn taxed(&self, percent: u32) -> u32 {
            self.price() * percent * Self::RATE
        }

        fn later(&self) -> impl Future<Output = u32> + Send
        where
            Self: Sync,
        {
            async move { self.price() }
        }
    }

    #[traced]
    impl Price for u32 {
        fn price(&self) -> u32 {
            *self
        }
    }

    #[traced]
    impl Display for Shop<u8> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}", self.items.len())
        }
    }

    #[traced]
    mod inline {
        use super::Debug;

        pub(super) fn free() -> u8 {
            1
        }

        pub(super) struct Unit(pub(super) u8);

        impl Unit {
            pub(super) fn get(&self) -> impl Debug + use<> {
                free() + self.0
            }
        }
    }

    #[test]
    fn methods_give_what_they_gave_and_are_named_after_their_types() {
        let capture = testing::capture();
        capture.run(|| {
            let mut shop = Shop::new();
            *shop.add(1_u8) += 1;
            assert_eq!(shop.shared(), 1);
            assert_eq!(Pin::new(&mut shop).pinned(), 1);
            assert!(!shop.skipped());
            assert_eq!(block_on(assert_send(shop.wait())), [2]);
            assert_eq!(*block_on(shop.wait_mut(&4)), 4);
            assert_eq!(shop.to_string(), "2");
            assert_eq!(shop.consume(), [2, 4]);
            assert_eq!(Box::new(Shop { items: vec![1] }).boxed(), [1]);
            assert_eq!(Shop::<u8>::limit(), 3);
            assert_eq!(3_u32.taxed(10), 60);
            assert_eq!(block_on(assert_send(3_u32.later())), 3);
            assert_eq!(format!("{:?}", inline::Unit(1).get()), "2");
        });
        let mut names: Vec<_> = capture.spans().iter().map(|span| span.name.clone()).collect();
        names.sort();
        names.dedup();
        let expected = [
            "Price::later",
            "Price::taxed",
            "Shop::add",
            "Shop::boxed",
            "Shop::consume",
            "Shop::fmt",
            "Shop::new",
            "Shop::pinned",
            "Shop::shared",
            "Shop::wait",
            "Shop::wait_mut",
            "Unit::get",
            "free",
            "u32::price",
        ];
        assert_eq!(names, expected);
    }
}

#[timed]
mod asynchronous {
    use super::*;

    #[traced]
    async fn unit() {}

    #[traced(args)]
    async fn by_value(text: String) -> String {
        text
    }

    #[traced(args)]
    async fn borrowed<'a>(text: &'a str, _other: &str) -> &'a str {
        unit().await;
        text
    }

    #[traced]
    async fn question(text: &str) -> Result<u8, Box<dyn Error + Send + Sync>> {
        if text == "none" {
            return Ok(0);
        }
        Ok(text.parse()?)
    }

    #[traced]
    async fn opaque() -> impl Display {
        "x"
    }

    #[traced]
    async fn coerced() -> Box<dyn Display + Send> {
        Box::new(1)
    }

    #[traced]
    async fn generic<T: Send + Clone>(value: &T) -> T {
        unit().await;
        value.clone()
    }

    #[traced]
    async fn never() -> ! {
        unit().await;
        panic!("as intended")
    }

    #[traced]
    async fn recursive(n: u32) -> u32 {
        if n == 0 { 0 } else { 1 + Box::pin(recursive(n - 1)).await }
    }

    #[traced]
    async unsafe fn dangerous(pointer: &u8) -> u8 {
        *pointer
    }

    #[traced(fields(len = text.len()), ret, error_if = |n| *n > 100)]
    async fn options(text: &str) -> usize {
        text.len()
    }

    #[traced]
    fn returned(n: u8) -> impl Future<Output = u8> + Send {
        let twice = n * 2;
        async move { twice }
    }

    #[traced]
    fn returned_value(n: u8) -> impl Future<Output = u8> + Send {
        std::future::ready(n)
    }

    #[traced(args)]
    fn boxed(text: &str) -> Pin<Box<dyn Future<Output = Result<usize, String>> + Send + '_>> {
        Box::pin(async move {
            if text.is_empty() {
                return Err("empty".to_owned());
            }
            Ok(text.len())
        })
    }

    type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
    type Later<'a> = BoxFuture<'a, u8>;

    #[traced]
    fn alias(text: &str) -> BoxFuture<'_, usize> {
        let text = text.trim();
        Box::pin(async move { text.len() })
    }

    #[traced]
    fn alias_value<'a>() -> BoxFuture<'a, u8> {
        let made: BoxFuture<'a, u8> = Box::pin(std::future::ready(3));
        made
    }

    #[traced(future)]
    fn flagged<'a>() -> Later<'a> {
        Box::pin(async { 3 })
    }

    #[async_trait::async_trait]
    trait Store {
        async fn get(&self, key: &str) -> Result<usize, String>;

        #[traced(args)]
        async fn twice(&mut self, (key, factor): (&str, usize)) -> usize {
            self.get(key).await.unwrap_or(0) * factor
        }
    }

    #[derive(Clone)]
    struct Memory;

    #[traced(fields(key))]
    #[async_trait::async_trait]
    impl Store for Memory {
        async fn get(&self, key: &str) -> Result<usize, String> {
            unit().await;
            if key.is_empty() { Err("no key".to_owned()) } else { Ok(key.len()) }
        }
    }

    #[test]
    fn futures_give_what_they_gave_and_stay_send() {
        let capture = testing::capture();
        capture.run(|| {
            block_on(assert_send(unit()));
            assert_eq!(block_on(assert_send(by_value("a".to_owned()))), "a");
            assert_eq!(block_on(assert_send(borrowed("a", "b"))), "a");
            assert_eq!(block_on(assert_send(question("3"))).unwrap(), 3);
            assert_eq!(block_on(question("none")).unwrap(), 0);
            assert!(block_on(question("x")).is_err());
            assert_eq!(block_on(assert_send(opaque())).to_string(), "x");
            assert_eq!(block_on(assert_send(coerced())).to_string(), "1");
            assert_eq!(block_on(generic(&[1])), [1]);
            assert!(std::panic::catch_unwind(|| block_on(never())).is_err());
            assert_eq!(block_on(assert_send(recursive(3))), 3);
            // SAFETY: nothing is asked for.
            assert_eq!(block_on(unsafe { dangerous(&2) }), 2);
            assert_eq!(block_on(options("abc")), 3);
            assert_eq!(block_on(assert_send(returned(2))), 4);
            assert_eq!(block_on(assert_send(returned_value(2))), 2);
            assert_eq!(block_on(assert_send(boxed("ab"))), Ok(2));
            assert!(block_on(boxed("")).is_err());
            assert_eq!(block_on(alias(" a ")), 1);
            assert_eq!(block_on(alias_value()), 3);
            assert_eq!(block_on(flagged()), 3);
            assert_eq!(block_on(Memory.twice(("abc", 2))), 6);
            assert!(block_on(Memory.get("")).is_err());
        });
        let spans = capture.spans();
        let errors = spans.iter().filter(|span| span.outcome == spandrel::Outcome::Error);
        assert_eq!(errors.count(), 3);
        let keys = spans.iter().filter(|span| span.name == "Memory::get");
        assert_eq!(keys.filter(|span| !span.attributes.is_empty()).count(), 2);
    }
}
