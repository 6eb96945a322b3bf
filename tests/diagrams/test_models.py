"""Parameter counts against published totals."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mdattn.diagrams.architecture import _models as models
from mdattn.diagrams.architecture._models import PRESETS, Model

# Totals of the released checkpoints, as their model cards and `sum(p.numel() for p in model.parameters())` give them.
PUBLISHED = {
    "gpt-2": 124_439_808,
    "bert-base": 109_482_240,
    "llama-2-7b": 6_738_415_616,
    "mixtral-8x7b": 46_702_792_704,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_preset_has_as_many_parameters_as_its_checkpoint(name: str) -> None:
    assert models.total(PRESETS[name]) == PUBLISHED[name]


# "Attention Is All You Need", table 3: layers, d_model, d_ff, and millions of parameters. The table does not give its
# vocabulary; one and the same must explain all rows.
TABLE_3 = [
    (6, 512, 2048, 65),
    (2, 512, 2048, 36),
    (4, 512, 2048, 50),
    (8, 512, 2048, 80),
    (6, 256, 2048, 28),
    (6, 1024, 2048, 168),
    (6, 512, 1024, 53),
    (6, 512, 4096, 90),
]


@pytest.mark.parametrize(("layers", "d_model", "d_ff", "millions"), TABLE_3)
def test_the_rule_gives_the_rows_of_table_3(layers: int, d_model: int, d_ff: int, millions: int) -> None:
    base = PRESETS["transformer-base"]
    variation = replace(base, layers=layers, d_model=d_model, d_ff=d_ff, vocabulary=41_100)
    assert round(models.total(variation) / 1e6) == millions


def test_the_rule_gives_the_big_model_of_table_3() -> None:
    assert round(models.total(replace(PRESETS["transformer-big"], vocabulary=36_000)) / 1e6) == 213


def test_the_presets_of_the_paper_hold_the_vocabulary_of_its_text() -> None:
    # Added up by hand: 37,000 x 512 + 6 x 3,150,336 + 6 x 4,199,936, and the same of 1,024 and 4,096.
    assert models.total(PRESETS["transformer-base"]) == 63_045_632
    assert models.total(PRESETS["transformer-big"]) == 214_171_648


def test_mixtral_sends_a_token_through_13_billion_parameters() -> None:
    # "Mixtral of Experts" (2024), section 1: 47B parameters, 13B of them active.
    mixtral = PRESETS["mixtral-8x7b"]
    assert round(models.total(mixtral) / 1e9) == 47
    assert round((models.total(mixtral) - models.idle(mixtral)) / 1e9) == 13


def test_biases_of_all_layers_are_those_of_a_torch_encoder_layer() -> None:
    # torch.nn.TransformerEncoderLayer(512, 8, 2048) has 3,152,384 parameters.
    assert models.layer(Model(bias="all")) == 3_152_384
    # torch.nn.TransformerDecoderLayer(512, 8, 2048) has 4,204,032.
    assert models.layer(Model(bias="all"), attentions=2) == 4_204_032


def test_untied_matrices_count_each_on_its_own() -> None:
    both = Model(model="encoder-decoder")
    assert models.total(replace(both, tied=False)) - models.total(both) == 2 * 37_000 * 512
    alone = Model(model="decoder-only")
    assert models.total(replace(alone, tied=False)) - models.total(alone) == 37_000 * 512


def test_a_pre_norm_model_has_one_more_norm_in_each_stack() -> None:
    both = Model(model="encoder-decoder")
    assert models.total(replace(both, norm="pre")) - models.total(both) == 2 * 1024
    rms = replace(both, norm_type="rmsnorm")
    assert models.total(both) - models.total(rms) == 512 * (6 * 2 + 6 * 3)
