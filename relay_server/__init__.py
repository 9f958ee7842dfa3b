"""The relay: it takes consultations in, finds them an agent and keeps their record."""
