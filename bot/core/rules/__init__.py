"""The settings' keep rules. Each only selects keepers; what none selects may go."""
