"""The settings file, checked, as values that the core decides by."""

from bot.settings.load import DEFAULT_FILE, load_settings
from bot.settings.model import (
    ClusterSection,
    CustomResourceSection,
    KubernetesSection,
    Settings,
)

__all__ = [
    "DEFAULT_FILE",
    "ClusterSection",
    "CustomResourceSection",
    "KubernetesSection",
    "Settings",
    "load_settings",
]
