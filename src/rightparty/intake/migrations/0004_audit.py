from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0002_quarantine"),
    ]

    operations = [
        migrations.CreateModel(
            name="Audit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("as_of", models.DateTimeField()),
                ("report", models.JSONField(default=dict)),
            ],
        ),
    ]
