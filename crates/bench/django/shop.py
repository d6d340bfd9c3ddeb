"""The smallest project around django-payment-midtrans: what a shop installs that wants payments at its own till.

`python shop.py migrate` and `python shop.py token` prepare it, gunicorn serves `shop:application`. No middleware, no debugging,
connections to the database that stay, a token for each till; the provider is wherever PROVIDER_BASE_URL says.
"""
import os
import sys

import django
from django.conf import settings

if not settings.configured:
    settings.configure(
        SECRET_KEY="measured-on-loopback-only",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="shop",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework",
                        "rest_framework.authtoken", "django_midtrans"],
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "HOST": os.environ["SHOP_DATABASE_HOST"],
                               "NAME": os.environ["SHOP_DATABASE"], "USER": "postgres", "CONN_MAX_AGE": None}},
        REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]},
        MIDTRANS={"SERVER_KEY": "SB-Mid-server-bench"},
    )
    django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402
from django_midtrans.client import MidtransClient  # noqa: E402

# It knows two addresses, both of them Midtrans's.
made = MidtransClient.__init__


def made_for_here(client, *given, **named):
    made(client, *given, **named)
    client.base_url = os.environ["PROVIDER_BASE_URL"]


MidtransClient.__init__ = made_for_here
urlpatterns = [path("midtrans/", include("django_midtrans.urls"))]
application = get_wsgi_application()


def token():
    from django.contrib.auth.models import User
    from rest_framework.authtoken.models import Token

    till = User.objects.create_user("till")
    print(Token.objects.create(user=till).key)


if __name__ == "__main__":
    if sys.argv[1] == "token":
        token()
    else:
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
