/* Forecasts as files, from forecasts made by hand: every form to the letter, what is refused, pictures. */
#include "tasks/forecast_fixture.h"

static const double three[] = {0.1, 0.5, 0.9};

/* Keys that a careless writer spoils: a number with a zero before it, a missing value's name, a separator. */
static const char monthly[] =
    "time,site,species,y\n"
    "2023-01,01,NA,4\n2023-02,01,NA,5\n2023-01,02,\"a, \"\"b\"\"\",1\n2023-02,02,\"a, \"\"b\"\"\",\n";

static void csv_columns_keys_and_horizons(void **state)
{
    (void)state;
    qd_panel *panel = panel_of(monthly, "site,species");
    qd_forecast *f = forecast_of(panel, 0, 1, 2, 3, three, 0);
    const qd_forecast_write_options options = options_of(f, NULL);
    writes("csv", f, &options,
           "site,species,origin,time,horizon,mean,q0.1,q0.5,q0.9\n"
           "01,NA,2023-02,2023-03,1,10.5,12,20,28\n"
           "01,NA,2023-02,2023-04,2,11.5,13,21,29\n"
           "02,\"a, \"\"b\"\"\",2023-02,2023-03,1,20.5,22,30,38\n"
           "02,\"a, \"\"b\"\"\",2023-02,2023-04,2,21.5,23,31,39\n");
    qd_forecast_free(f);
    qd_panel_free(panel);
}

static void csv_writes_the_levels_asked_for_and_large_counts_in_full(void **state)
{
    (void)state;
    qd_panel *panel = panel_of("time,y\n1,2\n2,3\n", "");
    qd_forecast *f = forecast_of(panel, 0, 1, 1, 3, three, 0);
    qd_forecast_write_options options = options_of(f, NULL);
    options.levels = 2;
    options.level = three + 1;
    f->quantile[2] = 1e15;
    f->mean[0] = NAN;
    writes("csv", f, &options, "origin,time,horizon,mean,q0.5,q0.9\n2,3,1,NA,20,1000000000000000\n");
    qd_forecast_free(f);
    qd_panel_free(panel);
}

static void series_never_observed_are_left_out_and_named(void **state)
{
    (void)state;
    static const char *const forms[] = {"csv", "samples", "scoringutils", "hubverse", "efi"};
    qd_panel *panel = panel_of("time,site,y\n2023-01-01,A,1\n2023-01-02,A,1\n2023-01-01,B,\n", "site");
    qd_forecast *f = forecast_of(panel, 0, 1, 1, 3, three, 2);
    f->empty[1] = true;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        heard h = {""};
        qd_forecast_write_options options = options_of(f, &h);
        options.project = "p";
        qd_error error;
        assert_int_equal(qd_forecast_format_find(forms[i])->write(f, &options, "out.csv", &error), QD_OK);
        char *text = taken("out.csv");
        has(text, "A");
        assert_null(strstr(text, "B,"));
        has(h.text, "no forecast for 1 series that were never observed: B\n");
        qd_mem_free(text);
    }
    qd_forecast_free(f);
    qd_panel_free(panel);
}

static void samples_are_paths_in_order(void **state)
{
    (void)state;
    qd_panel *panel = panel_of("time,s,y\n5,A,1\n6,A,1\n", "s");
    qd_forecast *f = forecast_of(panel, 0, 1, 2, 3, three, 2);
    const qd_forecast_write_options options = options_of(f, NULL);
    writes("samples", f, &options,
           "s,origin,time,horizon,sample,value\nA,6,7,1,1,10\nA,6,8,2,1,11\nA,6,7,1,2,11\nA,6,8,2,2,12\n");
    qd_forecast_free(f);
    qd_panel_free(panel);
}

static void scoringutils_has_what_came_where_it_is_known(void **state)
{
    (void)state;
    qd_panel *panel = panel_of("time,s,y\n5,A,1\n6,A,1\n7,A,3\n", "s");
    qd_forecast *f = forecast_of(panel, 0, 1, 2, 3, three, 0);
    qd_forecast_write_options options = options_of(f, NULL);
    f->origin = f->reference = 1;
    options.observed = panel->y;
    options.levels = 1;
    options.model_id = "T-m";
    writes("scoringutils", f, &options,
           "model,s,origin,time,horizon,observed,predicted,quantile_level\n"
           "T-m,A,6,7,1,3,12,0.1\nT-m,A,6,8,2,NA,13,0.1\n");
    qd_forecast_free(f);
    qd_panel_free(panel);
}

/* ------------------------------------------------------------------------------------------------------ efi */

static void efi_is_a_row_a_draw(void **state)
{
    (void)state;
    qd_panel *panel = panel_of("time,site,species,y\n2023-W01,A,DM,1\n2023-W02,A,DM,1\n", "site,species");
    qd_forecast *f = forecast_of(panel, 0, 1, 1, 3, three, 2);
    qd_forecast_write_options options = options_of(f, NULL);
    refuses("efi", f, &options, "--project");
    options.project = "neon4cast";
    writes("efi", f, &options,
           "project_id,model_id,datetime,reference_datetime,duration,site_id,family,parameter,variable,prediction\n"
           "neon4cast,quadrat,2023-01-16,2023-01-09,P1W,A,sample,1,DM,10\n"
           "neon4cast,quadrat,2023-01-16,2023-01-09,P1W,A,sample,2,DM,11\n");
    options.duration = "week";
    refuses("efi", f, &options, "ISO 8601");
    options.duration = "";
    options.variable = "abundance";
    qd_mem_free(panel->key[1]);
    panel->key[1] = qd_mem_string("DO");
    writes("efi", f, &options,
           "project_id,model_id,datetime,reference_datetime,duration,site_id,family,parameter,variable,prediction\n"
           "neon4cast,quadrat,2023-01-16,2023-01-09,P1W,A,sample,1,abundance,10\n"
           "neon4cast,quadrat,2023-01-16,2023-01-09,P1W,A,sample,2,abundance,11\n");
    qd_forecast_free(f);
    qd_panel_free(panel);
}

static void efi_has_every_draw_of_a_horizon_before_the_next(void **state)
{
    (void)state;
    qd_panel *panel = panel_of("time,site,y\n2022,A,1\n2023,A,1\n", "site");
    qd_forecast *f = forecast_of(panel, 0, 1, 2, 3, three, 3);
    qd_forecast_write_options options = options_of(f, NULL);
    options.project = "p";
    options.duration = "P1Y";
    writes("efi", f, &options,
           "project_id,model_id,datetime,reference_datetime,duration,site_id,family,parameter,variable,prediction\n"
           "p,quadrat,2024-01-01,2023-01-01,P1Y,A,sample,1,count,10\n"
           "p,quadrat,2024-01-01,2023-01-01,P1Y,A,sample,2,count,11\n"
           "p,quadrat,2024-01-01,2023-01-01,P1Y,A,sample,3,count,12\n"
           "p,quadrat,2025-01-01,2023-01-01,P1Y,A,sample,1,count,11\n"
           "p,quadrat,2025-01-01,2023-01-01,P1Y,A,sample,2,count,12\n"
           "p,quadrat,2025-01-01,2023-01-01,P1Y,A,sample,3,count,13\n");
    qd_forecast_free(f);
    qd_panel_free(panel);
}

static void efi_asks_for_the_site_and_refuses_what_it_cannot_tell_apart(void **state)
{
    (void)state;
    qd_panel *panel = panel_of(monthly, "site,species");
    qd_forecast *f = forecast_of(panel, 0, 1, 1, 3, three, 1);
    heard h = {""};
    qd_forecast_write_options options = options_of(f, &h);
    options.project = "p";
    options.variable = "abundance";
    refuses("efi", f, &options, "species tells series apart");
    options.variable = "";
    options.site = "Portal"; /* a text: then the first column that names a series is the variable */
    refuses("efi", f, &options, "species tells series apart");
    qd_forecast_free(f);
    qd_panel_free(panel);
    panel = panel_of("time,y\n2023-01,1\n2023-02,1\n", "");
    f = forecast_of(panel, 0, 1, 1, 3, three, 1);
    options = options_of(f, &h);
    options.project = "p";
    refuses("efi", f, &options, "--site");
    options.site = "Portal";
    writes("efi", f, &options,
           "project_id,model_id,datetime,reference_datetime,duration,site_id,family,parameter,variable,prediction\n"
           "p,quadrat,2023-03-01,2023-02-01,P1M,Portal,sample,1,count,10\n");
    has(h.text, "site_id is the text 'Portal'");
    qd_forecast_free(f);
    qd_panel_free(panel);
    panel = panel_of("time,y\n1,1\n2,1\n", "");
    f = forecast_of(panel, 0, 1, 1, 3, three, 1);
    refuses("efi", f, &options, "--date");
    qd_forecast_free(f);
    qd_panel_free(panel);
}

/* --------------------------------------------------------------------------------------------------- pictures */

/* Every tag is closed by its own, attributes are quoted, and no number is nan or inf. */
static void well_formed(const char *svg)
{
    const char *open[16];
    size_t depth = 0;
    assert_null(strstr(svg, "nan"));
    assert_null(strstr(svg, "inf"));
    for (const char *at = strchr(svg, '<'); at != NULL; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        assert_non_null(end);
        size_t quotes = 0;
        for (const char *c = at; c < end; c++) {
            quotes += *c == '"';
        }
        assert_int_equal(quotes % 2, 0);
        const size_t length = strcspn(at + 1, " />");
        if (at[1] == '/') {
            assert_true(depth > 0);
            depth--;
            assert_int_equal(strncmp(open[depth], at + 2, strcspn(at + 2, ">")), 0);
        } else if (end[-1] != '/') {
            assert_true(depth < 16 && length > 0);
            open[depth++] = at + 1;
        }
    }
    assert_int_equal(depth, 0);
}

static size_t times_in(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        n++;
    }
    return n;
}

static void svg_has_history_median_and_bands(void **state)
{
    (void)state;
    qd_panel *panel = panel_of("time,s,y\n2023-01,a<b&\"c\",1\n2023-02,a<b&\"c\",\n2023-03,a<b&\"c\",7\n2023-01,B,0\n"
                               "2023-02,B,0\n2023-03,B,0\n2023-01,C,\n",
                               "s");
    qd_forecast *f = forecast_of(panel, 0, 1, 2, QD_BAND_LEVELS, qd_band_levels, 0);
    qd_error error;
    f->empty[2] = true;
    assert_int_equal(qd_forecast_write_svg(f, panel->y, "rats & \xc3\xa9toiles", 0, "f.svg", &error), QD_OK);
    char *svg = taken("f.svg");
    well_formed(svg);
    has(svg, "a&#60;b&#38;&#34;c&#34;");
    has(svg, "rats &#38; \xc3\xa9toiles, forecast from 2023-03");
    assert_int_equal(times_in(svg, "<path fill=\"#cfe2f3\""), 2); /* a series without a forecast is not drawn */
    assert_int_equal(times_in(svg, "<path fill=\"#86b6e0\""), 2);
    assert_int_equal(times_in(svg, "<circle"), 2); /* the two counts around a gap stand alone */
    qd_mem_free(svg);

    f->origin = f->reference = 0; /* what came after the origin is shown as such */
    assert_int_equal(qd_forecast_write_svg(f, panel->y, "y", 1, "f.svg", &error), QD_OK);
    svg = taken("f.svg");
    well_formed(svg);
    has(svg, "came later");
    assert_int_equal(times_in(svg, "<g><text"), 1);
    qd_mem_free(svg);

    f->empty[0] = f->empty[1] = true;
    assert_int_equal(qd_forecast_write_svg(f, panel->y, "y", 0, "f.svg", &error), QD_ERR_VALUE);
    assert_false(qd_file_exists("f.svg"));
    qd_forecast_free(f);
    qd_panel_free(panel);
}

static void svg_of_extreme_values(void **state)
{
    (void)state;
    static const double values[] = {0, 1, 1e9, 1e15, -3.5};
    qd_panel *panel = panel_of("time,y\n1,1\n2,1\n", "");
    qd_forecast *f = forecast_of(panel, 0, 1, 3, QD_BAND_LEVELS, qd_band_levels, 0);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        qd_error error;
        for (size_t k = 0; k < f->horizons * f->levels; k++) {
            f->quantile[k] = values[i];
        }
        panel->y[0] = panel->y[1] = values[i];
        assert_int_equal(qd_forecast_write_svg(f, panel->y, "y", 0, "f.svg", &error), QD_OK);
        char *svg = taken("f.svg");
        well_formed(svg);
        qd_mem_free(svg);
    }
    qd_forecast_free(f);
    qd_panel_free(panel);
}

/* ------------------------------------------------------------------------------------------------------ parts */

static void horizons_are_dropped_from_both_ends(void **state)
{
    (void)state;
    qd_panel *panel = panel_of("time,s,y\n1,A,1\n2,A,1\n1,B,1\n2,B,1\n", "s");
    qd_forecast *f = forecast_of(panel, 0, -1, 5, 3, three, 2);
    qd_forecast_narrow(f, 1, 2);
    const qd_forecast_write_options options = options_of(f, NULL);
    writes("csv", f, &options,
           "s,origin,time,horizon,mean,q0.1,q0.5,q0.9\nA,2,3,1,12.5,14,22,30\nA,2,4,2,13.5,15,23,31\n"
           "B,2,3,1,22.5,24,32,40\nB,2,4,2,23.5,25,33,41\n");
    writes("samples", f, &options,
           "s,origin,time,horizon,sample,value\nA,2,3,1,1,12\nA,2,4,2,1,13\nA,2,3,1,2,13\nA,2,4,2,2,14\n"
           "B,2,3,1,1,22\nB,2,4,2,1,23\nB,2,3,1,2,23\nB,2,4,2,2,24\n");
    qd_forecast_free(f);
    qd_panel_free(panel);
}

/* The distribution's grid goes with the horizons that stay. */
static void the_grid_is_dropped_too(void **state)
{
    (void)state;
    qd_panel *panel = panel_of("time,s,y\n1,A,1\n2,A,1\n1,B,1\n2,B,1\n", "s");
    qd_forecast *f = forecast_of(panel, 0, 1, 4, 3, three, 2);
    for (size_t i = 0; i < 2 * 4 * 2; i++) {
        f->grid[i] = (double)i;
    }
    qd_forecast_narrow(f, 2, 3);
    static const double left[] = {2, 3, 4, 5, 10, 11, 12, 13};
    assert_memory_equal(f->grid, left, sizeof left);
    qd_forecast_free(f);
    qd_panel_free(panel);
}

static void the_highest_series_are_shown(void **state)
{
    (void)state;
    qd_panel *panel = panel_of("time,s,y\n1,A,99\n2,A,0\n3,A,0\n1,B,2\n2,B,2\n3,B,2\n2,C,1\n1,D,5\n2,D,5\n3,D,5\n"
                               "2,E,3\n3,E,3\n",
                               "s");
    qd_forecast *f = forecast_of(panel, 0, 1, 1, 3, three, 0);
    size_t chosen[5];
    assert_int_equal(qd_forecast_choose(f, panel->y, 2, 3, chosen), 3);
    assert_true(chosen[0] == 1 && chosen[1] == 3 && chosen[2] == 4);
    assert_int_equal(qd_forecast_choose(f, panel->y, 3, 2, chosen), 2);
    assert_true(chosen[0] == 0 && chosen[1] == 3);
    f->empty[3] = true;
    assert_int_equal(qd_forecast_choose(f, panel->y, 3, 5, chosen), 4);
    assert_true(chosen[3] == 4);
    qd_forecast_free(f);
    qd_panel_free(panel);
}

static void levels_are_joined(void **state)
{
    (void)state;
    static const double expected[] = {0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975};
    size_t levels;
    double *level;
    qd_error error;
    assert_int_equal(qd_forecast_levels_join(3, three, QD_BAND_LEVELS, qd_band_levels, &levels, &level, &error), QD_OK);
    assert_int_equal(levels, 7);
    assert_memory_equal(level, expected, sizeof expected);
    qd_mem_free(level);
}

static void the_first_and_last_day_of_a_time(void **state)
{
    (void)state;
    static const struct {
        const char *time, *next, *first, *last;
    } cases[] = {
        {"2023-12", "2024-01", "2023-12-01", "2023-12-31"},       {"2024-Q1", "2024-Q2", "2024-01-01", "2024-03-31"},
        {"1969-02", "1969-03", "1969-02-01", "1969-02-28"},       {"2023-W52", "2024-W01", "2023-12-25", "2023-12-31"},
        {"2023-10-07", "2023-10-14", "2023-10-07", "2023-10-07"}, {"2023", "2024", "2023-01-01", "2023-12-31"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char csv[80], text[QD_TIME_SIZE];
        qd_text_format(csv, sizeof csv, "time,y\n%s,1\n%s,2\n", cases[i].time, cases[i].next);
        qd_panel *panel = panel_of(csv, "");
        if (panel->kind != QD_TIME_INDEX) {
            assert_true(qd_forecast_date(panel, 0, false, text));
            assert_string_equal(text, cases[i].first);
            assert_true(qd_forecast_date(panel, 0, true, text));
            assert_string_equal(text, cases[i].last);
        }
        qd_panel_free(panel);
    }
}

static void long_lists_of_names_are_cut(void **state)
{
    (void)state;
    qd_name_list list = {0};
    for (int i = 0; i < 60; i++) {
        qd_name_list_add(&list, i == 1 ? "two" : "one");
    }
    assert_string_equal(qd_name_list_text(&list), "one, two, one, one, one and 55 more");
}

static void formats_are_found_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < qd_forecast_formats_count; i++) {
        assert_ptr_equal(qd_forecast_format_find(qd_forecast_formats[i].name), &qd_forecast_formats[i]);
    }
    assert_null(qd_forecast_format_find("xml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_columns_keys_and_horizons),
        cmocka_unit_test(csv_writes_the_levels_asked_for_and_large_counts_in_full),
        cmocka_unit_test(series_never_observed_are_left_out_and_named),
        cmocka_unit_test(samples_are_paths_in_order),
        cmocka_unit_test(scoringutils_has_what_came_where_it_is_known),
        cmocka_unit_test(efi_is_a_row_a_draw),
        cmocka_unit_test(efi_has_every_draw_of_a_horizon_before_the_next),
        cmocka_unit_test(efi_asks_for_the_site_and_refuses_what_it_cannot_tell_apart),
        cmocka_unit_test(svg_has_history_median_and_bands),
        cmocka_unit_test(svg_of_extreme_values),
        cmocka_unit_test(horizons_are_dropped_from_both_ends),
        cmocka_unit_test(the_grid_is_dropped_too),
        cmocka_unit_test(the_highest_series_are_shown),
        cmocka_unit_test(levels_are_joined),
        cmocka_unit_test(the_first_and_last_day_of_a_time),
        cmocka_unit_test(long_lists_of_names_are_cut),
        cmocka_unit_test(formats_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
