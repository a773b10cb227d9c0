/// Charges.
///
/// Pipeline, outermost first: `#[traced(name = "charge {id}" , kind = client , level = debug , target = "shop" , args , skip (b) , redact (c = mask) , ret , err (Debug) , parent = p , links = l , error_if = | r | r . is_err () , crate = :: my_spandrel)]`.
fn charge(id: u64, b: u8, c: &str, #[cfg(unix)] d: u8) -> Result<u64, Error> {
    let __site = {
        static __SPANDREL: ::my_spandrel::__private::Site = ::my_spandrel::__private::Site::new(
                ::my_spandrel::__private::meta!("charge", 0),
            )
            .traced(
                ::my_spandrel::__private::Traced::new()
                    .kind(::my_spandrel::__private::SpanKind::Client)
                    .level(::my_spandrel::__private::Level::Debug)
                    .target("shop")
                    .dynamic_name("charge {id}")
                    .fields(
                        &[
                            ::my_spandrel::__private::Field::new("id"),
                            ::my_spandrel::__private::Field::clear("c"),
                            ::my_spandrel::__private::Field::new("d"),
                        ],
                    ),
            );
        ::my_spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    let mut __call = ::my_spandrel::__private::Call::off();
    __call
        .begin_from(
            __site,
            || ::my_spandrel::__private::Origin::parent(&(p)),
            |__fields| {
                __fields
                    .write(|__writer| {
                        __writer.name(::core::format_args!("charge {id}"));
                        ::my_spandrel::__private::capture!(__writer, 0, & id);
                        __writer.display(1, &::my_spandrel::__private::Masked(&c));
                        #[cfg(unix)]
                        ::my_spandrel::__private::capture!(__writer, 2, & d);
                    })
            },
        );
    __call.links(|| l);
    let __result = ::my_spandrel::__private::call_once::<
        Result<u64, Error>,
        _,
    >(move || { Ok(id) });
    ::my_spandrel::__private::look!(__call, __result, debug, | r | r.is_err());
    ::my_spandrel::__private::ret!(__call, __result, auto);
    __call.finish();
    __result
}
