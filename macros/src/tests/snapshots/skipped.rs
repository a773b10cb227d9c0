fn charge() {
    call()
}
