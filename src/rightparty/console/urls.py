# SPDX-License-Identifier: Apache-2.0
"""Addresses of the staff's pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from rightparty.console import batch_pages, calls, halts, link_views, views

app_name = "console"
urlpatterns = [
    path("", views.today, name="today"),
    path("login/", LoginView.as_view(template_name="console/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("halt/", halts.halt, name="halt"),
    path("resume/", halts.resume, name="resume"),
    path("plan/<int:plan_id>/", views.plan, name="plan"),
    path("messages/", views.messages_list, name="messages"),
    path("messages/<uuid:reminder_id>/", views.message, name="message"),
    path("person/", views.person, name="person"),
    path("cases/", views.cases, name="cases"),
    path("cases/<uuid:case_id>/", views.case, name="case"),
    path("links/", link_views.reviews, name="link_reviews"),
    path("links/<int:review_id>/", link_views.review, name="link_review"),
    path("links/person/", link_views.persons, name="linked_person"),
    path("calls/", calls.calls, name="calls"),
    path("calls/new/", calls.ask, name="call_ask"),
    path("calls/<uuid:call_id>/", calls.call, name="call"),
    path("calls/<uuid:call_id>/open/", calls.press, name="call_open"),
    path("calls/<uuid:call_id>/identified/", calls.identify, name="call_identify"),
    path("calls/<uuid:call_id>/outcome/", calls.outcome, name="call_outcome"),
    path("calls/<uuid:call_id>/recordings/", calls.recording, name="call_recording"),
    path("calls/<uuid:call_id>/recordings/<int:number>/", calls.hear, name="call_hear"),
    path("loads/", views.loads, name="loads"),
    path("loads/<int:load_id>/", views.load, name="load"),
    path("audit/", views.audit, name="audit"),
    path("batches/", batch_pages.batches, name="batches"),
    path("batches/<int:load_id>/", batch_pages.batch, name="batch"),
]
