"""Dated facts: sites, machine types, storage, prices, images, clients. Loaders only; nothing here decides."""
