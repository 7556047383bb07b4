# SPDX-License-Identifier: Apache-2.0
"""The recipient's pages: a message by its code, what can be done about it, a case by its author's token."""

from django.urls import path

from rightparty.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.entry, name="entry"),
    path("m/", views.look_up, name="look_up"),
    path("m/<str:code>", views.message_page, name="message"),
    path("m/<str:code>/record.json", views.record, name="record"),
    path("m/<str:code>/one-click", views.one_click, name="one_click"),
    path("m/<str:code>/stop", views.stop, name="stop"),
    path("m/<str:code>/<slug:deed>", views.act, name="act"),
    path("c/<str:token>", views.case_page, name="case"),
]
