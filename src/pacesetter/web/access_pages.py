"""The pages of access: the door, one's own account, the people and the log of who did what."""

from pacesetter.web import account, log_page, oidc_pages, people_pages, reset_pages, signing, steps

ROUTERS = (
    signing.router,
    steps.router,
    oidc_pages.router,
    reset_pages.router,
    account.router,
    log_page.router,  # before the people: its address would be that of a person
    people_pages.router,
)
