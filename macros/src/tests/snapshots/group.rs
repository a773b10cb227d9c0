fn find(table: &str) -> Vec<u64> {
    let __site = {
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("find", 0),
            )
            .traced(
                ::spandrel::__private::Traced::new()
                    .kind(::spandrel::__private::SpanKind::Client)
                    .dynamic_name("SELECT {collection}")
                    .follows(
                        ::spandrel::__private::Follows::new(
                            ::spandrel::__private::Convention::Db,
                            3,
                        ),
                    )
                    .constants(
                        &[
                            ::spandrel::__private::text("db.system.name", "postgresql"),
                            ::spandrel::__private::text("db.operation.name", "SELECT"),
                            ::spandrel::__private::integer("server.port", 5432),
                        ],
                    )
                    .fields(&::spandrel::__private::Field::list(["db.collection.name"])),
            );
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    let mut __call = ::spandrel::__private::Call::off();
    __call
        .begin(
            __site,
            |__fields| {
                __fields
                    .write(|__writer| {
                        __writer
                            .name(
                                ::core::format_args!(
                                    "{}", ::spandrel::__private::Name(& [& "SELECT", & table])
                                ),
                            );
                        __writer.set(0, &table);
                    })
            },
        );
    let mut __operation = ::spandrel::__private::Operation::enter(
        __site,
        |__labels| {
            __labels
                .find(&[("db.collection.name", ::spandrel::__private::label(&(table)))])
        },
    );
    let __result = ::spandrel::__private::call_once::<
        Vec<u64>,
        _,
    >(move || { call(table) });
    ::spandrel::__private::look!(__operation, __result);
    __operation.finish();
    ::spandrel::__private::look!(__call, __result);
    ::spandrel::__private::asked!(
        __call, __result, "db.response.returned_rows", | rows | rows.len()
    );
    __call.finish();
    __result
}
