# SPDX-License-Identifier: Apache-2.0
"""The simulated handsets and mailboxes; addresses of people never stand in a page's address."""

from django.urls import path

from rightparty.simulation import views

app_name = "simulation"
urlpatterns = [
    path("", views.handsets, name="handsets"),
    path("<str:key>", views.conversation, name="conversation"),
]
