async fn charge(id: u64, b: &str) -> Result<u64, Error> {
    let __site = {
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .instrument(
                ::spandrel::__private::Traced::new()
                    .level(
                        ::spandrel::__private::instrument::level(
                            &Level::WARN,
                            ::spandrel::__private::Level::Warn,
                        ),
                    )
                    .target(TARGET)
                    .name("charge {id}")
                    .fields(
                        &::spandrel::__private::Field::list([
                            "id",
                            "c.d",
                            { KEY },
                            "e",
                            "a",
                        ]),
                    ),
                ::spandrel::__private::instrument::REFLECTION,
            );
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    ::spandrel::__private::AsyncCall::start_from(
            __site,
            || {
                ::spandrel::__private::instrument::causes!(
                    __site, ::spandrel::__private::instrument::parent!(__site, p), f
                )
            },
            |__fields| match (&(b.len()), &(field::Empty)) {
                (__v0, __v1) => {
                    __fields
                        .write(|__writer| {
                            ::spandrel::__private::instrument::field!(__writer, 0, & id);
                            __writer.display(1, &id);
                            ::spandrel::__private::instrument::field!(__writer, 2, __v0);
                            ::spandrel::__private::instrument::empty(__v1);
                        })
                }
            },
        )
        .run(
            async move {
                if false {
                    return ::spandrel::__private::output::<Result<u64, Error>>();
                }
                { Ok(id) }
            },
            move |__call, __result| {
                ::spandrel::__private::look!(__call, * __result, debug);
                ::spandrel::__private::instrument::failed!(
                    __site, ::spandrel::__private::Level::Debug, * __result, "{:?}"
                );
                ::spandrel::__private::instrument::returned!(
                    __call, __site, ::spandrel::__private::instrument::LevelOf(LEVEL)
                    .level(), * __result, "{:?}", ok
                );
            },
        )
        .await
}
